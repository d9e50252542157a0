/**
 * Who may publish, decided before anything of a session starts.
 *
 * A publisher that comes while the server boots, or while the last run of its name is still being finished, is kept
 * waiting for a few seconds rather than refused: encoders retry late or not at all.
 */
import type { Authorise, PublishDecision, PublisherConnection, PublishRequest } from '../actors/ports.ts';
import { errors } from '../machines/errors.ts';
import type { ErrorCode } from '../machines/errors.ts';
import type { LiveSession } from './live-session.ts';
import type { Registry } from './registry.ts';
import { SLUG_PATTERN } from './slug.ts';

/** How long a publisher waits for the server's start or the end of the run before; below the listener's own 10 s. */
export const ADMISSION_WAIT_MS = 8_000;

export interface AdmissionOptions {
  registry: Registry;
  maxSessions: number;
  takeover: 'same-credential' | 'reject';
  /** Is the server serving, still starting, or on its way down? */
  phase: () => 'starting' | 'accepting' | 'draining';
  /** Resolves when the server leaves `starting`. */
  started: Promise<void>;
}

/** The listener's `Authorise`. */
export function createAdmission(options: AdmissionOptions): Authorise {
  return async (request, connection) => {
    const fault = badName(request);
    if (fault !== undefined) return refuse(fault);
    if (options.phase() === 'starting') await within(ADMISSION_WAIT_MS, options.started);
    const finishing = options.registry.live(request.name);
    if (finishing !== undefined && !finishing.accepting) await within(ADMISSION_WAIT_MS, finishing.closed);
    return admit(options, request, connection);
  };
}

async function admit(
  options: AdmissionOptions,
  request: PublishRequest,
  connection: PublisherConnection,
): Promise<PublishDecision> {
  const { registry, maxSessions } = options;
  const refusal = refusalOfPhase(options);
  if (refusal !== undefined) return refuse(refusal);
  const { name } = request;
  const isNew = registry.live(name) === undefined && !registry.isStarting(name);
  if (isNew && registry.size >= maxSessions) return refuse('too_many_sessions');
  const session = await registry.start(name);
  const late = refusalOfPhase(options);
  if (late === undefined) return take(options, session, { request, connection });
  void session.stop('server_draining');
  return refuse(late);
}

function refusalOfPhase({ phase }: AdmissionOptions): ErrorCode | undefined {
  const now = phase();
  if (now === 'starting') return 'server_not_ready';
  return now === 'draining' ? 'server_draining' : undefined;
}

interface Publishing {
  request: PublishRequest;
  connection: PublisherConnection;
}

function take(
  { takeover }: AdmissionOptions,
  session: LiveSession,
  { request, connection }: Publishing,
): PublishDecision {
  if (!session.accepting) return refuse('session_stopping');
  if (session.publisher.taken && takeover === 'reject') return refuse('name_taken');
  if (!session.publisher.hasCredential(request.token)) return refuse('name_taken');
  return { accepted: true, sink: session.attach(connection, request.token) };
}

function badName({ app, name }: PublishRequest): ErrorCode | undefined {
  if (app !== 'live') return 'bad_app';
  return SLUG_PATTERN.test(name) ? undefined : 'bad_slug';
}

function refuse(code: ErrorCode): PublishDecision {
  const row = errors[code];
  return { accepted: false, code: row.rtmpCode ?? 'NetStream.Failed', description: row.sentence };
}

/** Waits for `promise`, at most `limitMs`; whichever comes first. */
async function within(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
