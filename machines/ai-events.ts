/** The machine events of language models: who may call one, and what comes of it. A part of `events.ts`. */

// ── the AI lease of a session ───────────────────────────────────────────────────────────────────────────────────────

/** What the lease chart asks of the desk that speaks with the session log and with whoever wants the lease. */
export type AiDeskCommand =
  /** Take the lease in the session log, and say what became of that. */
  | { type: 'lease.take' }
  /** The lease is this holder's under this fence: everybody who asked is told. */
  | { type: 'lease.hand'; holder: string; fence: number }
  /** The holder has renewed: its time begins again. */
  | { type: 'lease.extend' }
  /** Nobody here holds it from now on: it is given back to the session log. */
  | { type: 'lease.give_back' }
  /** Nobody wants it: everybody who asked is told. */
  | { type: 'lease.announce_free' }
  /** Another server has it: everybody who waits is told. */
  | { type: 'lease.announce_elsewhere' }
  /** Whoever waits is refused, for the session log cannot say who has the lease. */
  | { type: 'lease.refuse' }
  /** There is no room in the line for this one. */
  | { type: 'lease.turn_away'; holder: string };

/** What the desk reports of those who want the lease; `holder` is their plain id. */
export type AiHolderFact =
  /** It wants the lease. */
  | { type: 'ai.asked'; holder: string }
  /** The holder wants to keep it. */
  | { type: 'ai.renewed'; holder: string; fence: number }
  /** The holder gives it up. */
  | { type: 'ai.released'; holder: string; fence: number }
  /** It is gone, or wants the lease no more. */
  | { type: 'ai.left'; holder: string };

/** What the desk reports of the session log. */
export type AiLogFact =
  /** The lease is this server's; `fence` is greater than every one before. */
  | { type: 'lease.taken'; fence: number }
  /** Another server has it. */
  | { type: 'lease.denied' }
  /** The session log cannot say who has it. */
  | { type: 'lease.failed' }
  /** It is this server's no more: it could not be kept up in the session log. */
  | { type: 'lease.lost' };

/** What a parent may ask of the lease chart. */
export type AiLeaseRequest =
  /** The session is over: nobody holds the lease any more. */
  { type: 'ai.close' };
