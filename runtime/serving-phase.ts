/** Does the server take sessions now, and if not, why? */
import type { SnapshotFrom } from 'xstate';
import type { ErrorCode } from '../machines/errors.ts';
import type { serverMachine } from '../machines/server.ts';
import type { Readiness } from './http/readiness.ts';
import type { Transcribers } from './transcribers.ts';

/** `deaf`: the server is up, and nothing could transcribe a session. */
export type ServingPhase = 'starting' | 'accepting' | 'draining' | 'deaf';

/** Why nothing is taken, by the error table. */
export const refusalOf = {
  starting: 'server_not_ready',
  draining: 'server_draining',
  deaf: 'transcriber_unavailable',
} as const satisfies Record<Exclude<ServingPhase, 'accepting'>, ErrorCode>;

export function servingPhase(
  snapshot: SnapshotFrom<typeof serverMachine>,
  transcribers: Pick<Transcribers, 'isUp'> | undefined,
): ServingPhase {
  if (snapshot.matches('booting')) return 'starting';
  if (!snapshot.hasTag('accepting')) return 'draining';
  return transcribers?.isUp === true ? 'accepting' : 'deaf';
}

/** For `/readyz`. */
export function readinessOf(phase: ServingPhase): Readiness {
  return phase === 'accepting' ? { ready: true } : { ready: false, reason: refusalOf[phase] };
}
