/**
 * The composition root: builds the server from its options, wires charts to actors, and returns a handle.
 *
 * Nothing is decided here; order and deadlines of start and stop are `machines/server.ts`.
 */
import { createActor, fromPromise, toPromise, waitFor } from 'xstate';
import type { ActorRefFrom } from 'xstate';
import type { RunWriter } from '../actors/log/port.ts';
import type { RtmpListener } from '../actors/rtmp/listener.ts';
import { CaptiondError } from '../machines/errors.ts';
import { serverMachine } from '../machines/server.ts';
import type { ServerOutput } from '../machines/server.ts';
import { createAdminServer } from './admin.ts';
import type { AdminServer } from './admin.ts';
import { counted } from './access/counted.ts';
import { accessOf } from './access/from-options.ts';
import type { ServerAddresses } from './addresses.ts';
import { Certificates } from './certificates.ts';
import { Descriptors } from './descriptors.ts';
import { sessionControl, sessionDirectory } from './directory.ts';
import type { Refusal } from './directory.ts';
import { drainTiming } from './drain-timing.ts';
import { createHttpServer } from './http.ts';
import type { HttpServer } from './http.ts';
import { openInsights } from './insights.ts';
import type { InsightsSetup } from './insights.ts';
import type { LiveSession } from './live-session.ts';
import { openSessionLog } from './session-log.ts';
import type { OpenSessionLog } from './session-log.ts';
import { listenForPublishers } from './publishing.ts';
import { Registry } from './registry.ts';
import { loggedClock } from './serving-clock.ts';
import type { ServingClock } from './serving-clock.ts';
import { readinessOf, refusalOf, servingPhase } from './serving-phase.ts';
import type { ServerOptions } from './server-options.ts';
import type { ServingPhase } from './serving-phase.ts';
import type { SessionWishes } from './session-wishes.ts';
import { startSession } from './start-session.ts';
import { startTelemetry } from './telemetry.ts';
import type { Telemetry } from './telemetry.ts';
import { createTranscribers } from './transcribers.ts';
import type { Transcribers } from './transcribers.ts';
import { openWebhooks } from './webhooks.ts';
import type { Deliveries } from './webhooks/deliveries.ts';
import { retire } from './webhooks/of-sessions.ts';

/** A server, from start to stop. `start` and `close` are idempotent and safe to call together. */
export class CaptiondServer {
  readonly registry: Registry;
  readonly #options: ServerOptions;
  readonly #actor: ActorRefFrom<typeof serverMachine>;
  readonly #clock: ServingClock;
  readonly #descriptors: Descriptors;
  #transcribers: Transcribers | undefined;
  #sessionLog: OpenSessionLog | undefined;
  #certificates: Certificates | undefined;
  #rtmp: RtmpListener | undefined;
  #http: HttpServer | undefined;
  #telemetry: Telemetry | undefined;
  #admin: AdminServer | undefined;
  #webhooks: Deliveries | undefined;
  #insights: InsightsSetup | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    const { config, log } = options;
    this.#clock = loggedClock(log);
    this.#descriptors = new Descriptors({ sessions: () => this.registry.size, log });
    this.registry = new Registry({
      claim: (slug, wishes) => this.#claim(slug, wishes),
      start: (writer, wishes) => this.#startSession(writer, wishes),
      onClosed: (session) => this.#retired(session),
    });
    const machine = serverMachine.provide({
      actors: {
        boot: fromPromise(() => this.#boot()),
        shutdown: fromPromise(() => this.#shutdown()),
      },
      actions: {
        drainSessions: () => this.#drainSessions(),
        forceSessions: () => this.#forceSessions(),
      },
    });
    this.#actor = createActor(machine, { input: { timing: drainTiming(config.drainMs) } });
    this.#actor.subscribe({ error: (error) => log.error('the server chart failed', { error: String(error) }) });
  }

  /** Starts everything; resolves when sessions are taken. Rejects with what made the start fail. */
  async start(): Promise<ServerAddresses> {
    this.#actor.start();
    const snapshot = await waitFor(this.#actor, (now) => !now.matches('booting'), { timeout: Infinity });
    if (!snapshot.matches('ready')) throw startFailure(await this.closed);
    return this.addresses;
  }

  get addresses(): ServerAddresses {
    const [rtmp, http, admin] = [this.#rtmp?.address, this.#http?.address, this.#admin?.address];
    if (rtmp === undefined || http === undefined || admin === undefined) throw new Error('The server has not started.');
    return { rtmp, http, admin, isSecure: this.#certificates !== undefined };
  }

  /** Resolves when the server has stopped, with how; never rejects. */
  get closed(): Promise<ServerOutput> {
    return toPromise(this.#actor).catch((error: unknown): ServerOutput => ({ outcome: 'forced', error }));
  }

  /** Orderly shutdown within `DRAIN_MS`. */
  close(): Promise<ServerOutput> {
    this.#actor.send({ type: 'server.drain' });
    return this.closed;
  }

  /** Certificate and key as they are on disk now, for the connections to come. @throws CaptiondError `tls_unusable`. */
  async reloadCertificates(): Promise<void> {
    await this.#certificates?.reload();
  }

  /** Immediate shutdown. */
  force(): void {
    this.#actor.send({ type: 'server.force' });
    this.#transcribers?.force();
  }

  async #boot(): Promise<void> {
    const { config, log, onProgress = () => {}, env = {} } = this.#options;
    this.#certificates = await Certificates.load(config);
    const sessionLog = await openSessionLog(config, log);
    this.#sessionLog = sessionLog;
    const telemetry = await startTelemetry(env, {
      sessionStates: () => this.registry.liveSessions().map(({ state }) => state),
      isReady: () => this.#phase() === 'accepting',
    });
    this.#telemetry = telemetry;
    telemetry.store.add('orphans_ended_total', {}, sessionLog.orphansEnded);
    this.#insights = await openInsights(config);
    this.#webhooks = await openWebhooks({ config, sessionLog, store: telemetry.store, log });
    await this.#listen(telemetry, sessionLog);
    const { childMark } = sessionLog;
    const { onLimit } = telemetry;
    this.#transcribers = await createTranscribers({ config, childMark, log, clock: this.#clock, onLimit, onProgress });
    this.#descriptors.settle();
  }

  async #listen(telemetry: Telemetry, sessionLog: OpenSessionLog): Promise<void> {
    const { config, log } = this.#options;
    const certificates = this.#certificates;
    const { onLimit } = telemetry;
    const { admitsPublisher, admitsOther } = this.#descriptors;
    const access = counted(accessOf(config, log), telemetry.onRefusal);
    const admin = { host: config.adminHost, port: config.adminPort };
    this.#admin = await createAdminServer({ ...admin, telemetry, registry: this.registry, access, certificates, log });
    this.#http = await createHttpServer({
      host: config.httpHost,
      port: config.httpPort,
      directory: sessionDirectory(this.registry, sessionLog.archive, this.#clock.nowMs),
      control: sessionControl(this.registry, {
        refuses: (wishes) => this.#refusal(wishes),
        isDraining: () => this.#isDraining,
      }),
      readiness: () => readinessOf(this.#phase()),
      publishAddress: () => this.#rtmp?.address,
      limits: config,
      access,
      certificates,
      admits: admitsOther,
      onLimit,
      log,
    });
    const publishing = { registry: this.registry, phase: () => this.#phase(), started: this.#start(), onLimit };
    const admits = admitsPublisher;
    this.#rtmp = await listenForPublishers({ ...publishing, admits, config, access, certificates, log });
  }

  async #shutdown(): Promise<void> {
    await Promise.all([this.#rtmp?.close(), this.#transcribers?.stop(), this.#webhooks?.stop()]);
    await this.#http?.close();
    await Promise.all([this.#admin?.close(), this.#telemetry?.stop()]);
    await this.#sessionLog?.close();
    this.#clock.stop();
  }

  #claim(slug: string, wishes: SessionWishes | undefined): Promise<RunWriter> {
    const { transcribers, sessionLog } = this.#started();
    const transcriber = transcribers.nameOf(wishes);
    return sessionLog.claim({ slug, transcriber, startedAt: new Date().toISOString() });
  }

  #startSession(writer: RunWriter, wishes: SessionWishes | undefined): LiveSession {
    const own = { telemetry: this.#telemetry, insights: this.#insights, webhooks: this.#webhooks, clock: this.#clock };
    return startSession({ ...this.#options, ...this.#started(), ...own }, writer, wishes);
  }

  /** Why no session of these wishes may start now. */
  #refusal(wishes: SessionWishes): Refusal | undefined {
    const phase = this.#phase();
    if (phase !== 'accepting') return { code: refusalOf[phase] };
    if (this.#transcribers === undefined) return { code: 'server_not_ready' };
    if (this.registry.size >= this.#options.config.maxSessions) return { code: 'too_many_sessions' };
    const detail = this.#transcribers.refuses(wishes);
    return detail === undefined ? undefined : { code: 'bad_request', detail };
  }

  get #isDraining(): boolean {
    return this.#phase() === 'draining';
  }

  #phase(): ServingPhase {
    return servingPhase(this.#actor.getSnapshot(), this.#transcribers);
  }

  #started(): { transcribers: Transcribers; sessionLog: OpenSessionLog } {
    const transcribers = this.#transcribers;
    const sessionLog = this.#sessionLog;
    if (transcribers === undefined || sessionLog === undefined) throw new CaptiondError('server_not_ready');
    return { transcribers, sessionLog };
  }

  async #start(): Promise<void> {
    await waitFor(this.#actor, (now) => !now.matches('booting'), { timeout: Infinity });
  }

  #drainSessions(): void {
    // Those that were being started count too, also one whose start fails.
    void this.registry.stopAll('server_draining').then(() => this.#noteClosed());
  }

  #forceSessions(): void {
    for (const session of this.registry.liveSessions()) session.force();
  }

  #retired(session: LiveSession): void {
    retire(session, this.#sessionLog?.archive, this.#webhooks);
    this.#noteClosed();
  }

  #noteClosed(): void {
    if (this.registry.size === 0) queueMicrotask(() => this.#actor.send({ type: 'sessions.closed' }));
  }
}

function startFailure({ error }: ServerOutput): unknown {
  return error ?? new CaptiondError('server_draining', 'It was stopped before it was ready.');
}
