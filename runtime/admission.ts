/**
 * Who may publish, decided before anything of a session starts.
 *
 * A publisher that comes while the server boots, or while the last run of its name is still being finished, is kept
 * waiting for a few seconds rather than refused: encoders retry late or not at all.
 *
 * A token is looked at once, when its bearer begins to publish: a broadcast is not cut in the middle because its token
 * expires; whoever begins again, after a loss too, needs one that is good then.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Authorise, Log, PublishDecision, PublisherConnection, PublishRequest } from '../actors/ports.ts';
import { errors } from '../machines/errors.ts';
import type { ErrorCode } from '../machines/errors.ts';
import type { Access } from './access/port.ts';
import { budgeted } from './budgets/budgeted-admission.ts';
import type { KeyBudgets } from './budgets/key-budgets.ts';
import type { LiveSession } from './live-session.ts';
import type { Registry } from './registry.ts';
import { refusalOf } from './serving-phase.ts';
import type { ServingPhase } from './serving-phase.ts';
import { SLUG_PATTERN } from './slug.ts';

/** How long a publisher waits for the server's start or the end of the run before; below the listener's own 10 s. */
export const ADMISSION_WAIT_MS = 8_000;
/** How much later a publisher with a wrong credential is told so, against those who guess. */
const WRONG_CREDENTIAL_DELAY_MS = 1_000;

export interface AdmissionOptions {
  registry: Registry;
  maxSessions: number;
  takeover: 'same-credential' | 'reject';
  /** Is the server serving, still starting, on its way down, or without an engine? */
  phase: () => ServingPhase;
  /** Resolves when the server leaves `starting`. */
  started: Promise<void>;
  access: Access;
  /** None unless given. */
  budgets?: KeyBudgets;
  log: Log;
  /** Instead of the usual second. */
  wrongCredentialDelayMs?: number;
}

/** The listener's `Authorise`. */
export function createAdmission(options: AdmissionOptions): Authorise {
  const { budgets } = options;
  const authorise: Authorise = async (request, connection) => {
    const fault = badName(request);
    if (fault !== undefined) return refuse(fault);
    const deadlineMs = performance.now() + ADMISSION_WAIT_MS;
    const denied = await denialOf(options, request);
    if (denied !== undefined) return denied;
    if (options.phase() === 'starting') await before(deadlineMs, options.started);
    const finishing = options.registry.live(request.name);
    if (finishing !== undefined && !finishing.accepting) await before(deadlineMs, finishing.closed);
    return admit(options, request, connection);
  };
  return budgets === undefined ? authorise : budgeted(authorise, budgets);
}

async function denialOf(options: AdmissionOptions, request: PublishRequest): Promise<PublishDecision | undefined> {
  const { name: slug, token, query, remoteAddress } = request;
  const asked = { scope: 'publish', slug, token, query, remoteAddress, protocol: 'rtmp' } as const;
  const answer = await options.access.check(asked);
  return answer.allowed ? undefined : refuseLate(options, answer.code, remoteAddress);
}

async function refuseLate(options: AdmissionOptions, code: ErrorCode, remoteAddress: string): Promise<PublishDecision> {
  options.log.info('a publisher with a wrong credential is refused', { code, remoteAddress });
  await wait(options.wrongCredentialDelayMs ?? WRONG_CREDENTIAL_DELAY_MS);
  return refuse(code);
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
  return now === 'accepting' ? undefined : refusalOf[now];
}

interface Publishing {
  request: PublishRequest;
  connection: PublisherConnection;
}

function take(
  options: AdmissionOptions,
  session: LiveSession,
  { request, connection }: Publishing,
): PublishDecision | Promise<PublishDecision> {
  const { publisher } = session;
  if (!session.accepting) return refuse('session_stopping');
  if (publisher.taken && options.takeover === 'reject') return refuse('name_taken');
  // Where tokens are needed, whoever may publish may go on where another one was lost: its own token may be a new one.
  const isOwner = publisher.hasCredential(request.token) || (options.access.isOn && !publisher.taken);
  if (!isOwner) return refuseLate(options, 'name_taken', request.remoteAddress);
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

/** Waits for `promise`, at most until `deadlineMs` of the monotonic clock; whichever comes first. */
async function before(deadlineMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs - performance.now());
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
