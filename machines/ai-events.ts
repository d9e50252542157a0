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

// ── the server's own language-model caller ──────────────────────────────────────────────────────────────────────────

/** What the insights chart asks of the actor that makes one call. */
export type ModelCallCommand =
  /** Give the call up; nothing of its answer is wanted any more. `cause` is what the failure is counted as. */
  { type: 'call.abort'; cause: 'timeout' | 'stopped' };

/** Why a call gave no insight; a label of `ai_call_errors_total`. */
export type CallFault =
  /** 401 or 403: the key. */
  | 'unauthorised'
  /** Any other status that no repetition mends: the model's name, the request. */
  | 'refused'
  | 'rate_limited'
  | 'server_error'
  | 'unreachable'
  /** The answer broke off. */
  | 'cut'
  /** 200, and no event stream. */
  | 'not_a_stream'
  /** The answer is not of the shape that was asked for. */
  | 'invalid'
  | 'too_large'
  | 'timeout'
  /** The session has ended, or the lease is somebody else's: the answer is not taken. */
  | 'not_taken'
  | 'stopped';

/** What a call has cost, whatever became of it. */
export interface CallCost {
  promptTokens: number;
  completionTokens: number;
  /** From the request to the end of its answer; 0 when there was none. */
  elapsedMs: number;
}

/** What the actor that makes one call reports. */
export type ModelCallFact =
  /** Its turn among all sessions has come: the request goes out. */
  | { type: 'call.started' }
  /** The insight is a record of the session. */
  | { type: 'call.stored'; cost: CallCost }
  /** There is no insight of this call. */
  | { type: 'call.failed'; cause: CallFault; retryAfterMs: number | null; cost: CallCost };

/** What the actor that counts finals reports. */
export type FinalsFact =
  /** There are enough finals that no insight has covered. */
  { type: 'insight.due' };

/** What a parent may ask of the insights chart. */
export type InsightsRequest =
  /** Give up what is under way, and end. */
  { type: 'insights.stop' };
