/** What a session's chart means to viewers and operators. */
import type { SnapshotFrom } from 'xstate';
import type { sessionMachine } from './session.ts';

type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;

/** `session_state` of the wire, read off the chart. A lost publisher outranks a lost transcriber: it explains it. */
export function sessionState(
  snapshot: SessionSnapshot,
): 'awaiting' | 'live' | 'publisher_lost' | 'transcriber_lost' | 'ended' {
  if (snapshot.status !== 'active') return 'ended';
  if (snapshot.context.endReason === 'transcriber_failed') return 'transcriber_lost';
  if (snapshot.matches({ active: { publisher: 'awaiting' } })) return 'awaiting';
  if (snapshot.matches({ active: { publisher: 'lost' } })) return 'publisher_lost';
  return snapshot.matches({ active: { transcriber: { up: 'lost' } } }) ? 'transcriber_lost' : 'live';
}

/** Does the publisher's audio come? `silent`: it is connected and has sent none for ten seconds; `none`: it is not there. */
export function audioState(snapshot: SessionSnapshot): 'flowing' | 'silent' | 'none' {
  if (snapshot.status !== 'active' || !snapshot.matches({ active: { publisher: 'live' } })) return 'none';
  return snapshot.matches({ active: { publisher: { live: 'silent' } } }) ? 'silent' : 'flowing';
}

/** True while the session takes (or takes back) a publisher. */
export function isAccepting(snapshot: SessionSnapshot): boolean {
  return snapshot.status === 'active' && snapshot.hasTag('accepting');
}
