/** Servers in every state that an answer of the API depends on. */
import { LogError } from '../../actors/log/port.ts';
import { openAccess } from '../../runtime/access/port.ts';
import type { Refusal, SessionControl } from '../../runtime/directory.ts';
import type { HttpServerOptions } from '../../runtime/http.ts';
import { startHttp } from './http-server.ts';
import type { TestHttp } from './http-server.ts';
import { ScriptedAccess } from './scripted-access.ts';
import { ScriptedSessions } from './scripted-sessions.ts';

export type WorldName = keyof typeof worlds;

/** One session that is live, one that is over. */
function sessions(): ScriptedSessions {
  const made = new ScriptedSessions();
  made.start('talk').final('a', 'One.');
  const over = made.start('over');
  over.final('a', 'One.');
  over.end();
  Object.assign(made.get('over') ?? {}, { offset: 2 });
  return made;
}

function refusing(code: Refusal['code']): SessionControl {
  return { prepare: () => Promise.resolve({ code }), stop: () => undefined };
}

const fail = (): never => {
  throw new Error('broken');
};
const notReady = (reason: string) => ({ readiness: () => ({ ready: false, reason }) });

const worlds = {
  usual: () => ({}),
  guarded: () => ({
    access: new ScriptedAccess({ publisher: { scopes: ['publish'] }, operator: { scopes: ['view', 'admin'] } }),
  }),
  draining: () => ({ ...notReady('server_draining'), control: refusing('server_draining') }),
  starting: () => ({ ...notReady('server_not_ready'), control: refusing('server_not_ready') }),
  engineless: () => notReady('transcriber_unavailable'),
  crowded: () => ({ limits: { maxViewers: 0, allowedOrigins: [] }, control: refusing('too_many_sessions') }),
  broken: () => ({
    access: { ...openAccess, issue: fail },
    directory: { list: fail, get: fail, attach: fail, transcript: fail },
    control: { prepare: fail, stop: fail },
  }),
  unlogged: () => {
    const directory = sessions();
    directory.transcript = () => Promise.reject(new LogError('unavailable', 'the disk is gone'));
    return { directory };
  },
  impatient: () => ({ timing: { headersTimeoutMs: 100, requestTimeoutMs: 200, checkIntervalMs: 20 } }),
} satisfies Record<string, () => Partial<HttpServerOptions>>;

export class Worlds implements AsyncDisposable {
  readonly #started = new Map<WorldName, Promise<TestHttp>>();

  /** Started when it is first asked for. */
  at(name: WorldName): Promise<TestHttp> {
    const started = this.#started.get(name) ?? startHttp({ directory: sessions(), ...worlds[name]() });
    this.#started.set(name, started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started.values()) await (await started)[Symbol.asyncDispose]();
  }
}
