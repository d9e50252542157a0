/** Who may publish; a refused publisher starts nothing. */
import t from 'tap';
import { createAdmission } from '../../runtime/admission.ts';
import type { AdmissionOptions } from '../../runtime/admission.ts';
import { openAccess } from '../../runtime/access/port.ts';
import { createLog } from '../../runtime/log.ts';
import type { Registry } from '../../runtime/registry.ts';
import { PublisherSlot } from '../../runtime/publisher-slot.ts';

type Phase = ReturnType<AdmissionOptions['phase']>;

/** A registry of sessions without actors: each has a real publisher slot. */
function rig(more: Partial<Pick<AdmissionOptions, 'takeover' | 'maxSessions' | 'access'>> = {}) {
  const sessions = new Map<string, FakeSession>();
  const control = { phase: 'accepting' as Phase, begun: 0 };
  const started = Promise.withResolvers<void>();
  const registry = {
    get size() {
      return sessions.size;
    },
    live: (slug: string) => sessions.get(slug),
    isStarting: () => false,
    start: (slug: string) => {
      const known = sessions.get(slug);
      if (known !== undefined) return known;
      control.begun += 1;
      const session = fakeSession();
      sessions.set(slug, session);
      return session;
    },
  };
  const admit = createAdmission({
    registry: registry as unknown as Registry,
    maxSessions: 2,
    takeover: 'same-credential',
    phase: () => control.phase,
    started: started.promise,
    access: openAccess,
    log: createLog({ level: 'error', pretty: false, write: () => {} }),
    wrongCredentialDelayMs: 0,
    ...more,
  });
  const publish = (name: string, { app = 'live', token }: { app?: string; token?: string } = {}) => {
    const disconnected: string[] = [];
    const connection = { remoteAddress: '', disconnect: (reason: string) => void disconnected.push(reason) };
    const decision = Promise.resolve(admit({ app, name, token, query: '', remoteAddress: '' }, connection));
    return { decision, disconnected };
  };
  return { sessions, control, started, publish };
}

type FakeSession = ReturnType<typeof fakeSession>;

function fakeSession() {
  const closed = Promise.withResolvers<void>();
  const publisher = new PublisherSlot({
    nowMs: () => 0,
    intake: { audio: () => {}, publisherChanged: () => {} },
    onAttached: () => {},
    onLost: () => {},
    onEnded: () => {},
  });
  return {
    accepting: true,
    closed: closed.promise,
    close: closed.resolve,
    publisher,
    attach: publisher.attach.bind(publisher),
  };
}

const badNames = ['', 'Talk', '-talk', 'talk_1', 'a'.repeat(65), 'talk/2', '../talk', 'tälk', 'talk '];

void t.test('a name that is no slug, or another application, is BadName', async (t) => {
  const { publish, control } = rig();
  for (const name of badNames) {
    t.match(await publish(name).decision, { accepted: false, code: 'NetStream.Publish.BadName', description: /slug/ });
  }
  t.match(await publish('talk', { app: 'other' }).decision, { accepted: false, description: /"live"/ });
  t.equal(control.begun, 0);
});

void t.test('good names are taken', async (t) => {
  const { publish } = rig({ maxSessions: 10 });
  for (const name of ['a', '7', 'talk-1', 'a'.repeat(64)]) t.match(await publish(name).decision, { accepted: true });
});

void t.test('beyond MAX_SESSIONS a new name is refused, a return is not', async (t) => {
  const { publish, control } = rig();
  await publish('a').decision;
  await publish('b').decision;
  t.match(await publish('c').decision, {
    accepted: false,
    code: 'NetStream.Publish.Denied',
    description: /MAX_SESSIONS/,
  });
  t.match(await publish('a').decision, { accepted: true });
  t.equal(control.begun, 2);
});

void t.test('a second publisher with the same credential takes the place of the first', async (t) => {
  const { publish } = rig();
  const first = publish('talk', { token: 'a' });
  await first.decision;
  t.match(await publish('talk', { token: 'b' }).decision, { accepted: false, description: /Another publisher/ });
  t.match(await publish('talk').decision, { accepted: false });
  t.strictSame(first.disconnected, []);
  t.match(await publish('talk', { token: 'a' }).decision, { accepted: true });
  t.equal(first.disconnected.length, 1);
});

void t.test('with reject the first stays, whoever comes', async (t) => {
  const { publish } = rig({ takeover: 'reject' });
  const first = publish('talk', { token: 'a' });
  await first.decision;
  t.match(await publish('talk', { token: 'a' }).decision, { accepted: false, code: 'NetStream.Publish.BadName' });
  t.strictSame(first.disconnected, []);
});

void t.test('a draining server refuses', async (t) => {
  const { publish, control } = rig();
  control.phase = 'draining';
  t.match(await publish('talk').decision, { accepted: false, description: /shutting down/ });
  t.equal(control.begun, 0);
});

void t.test('a publisher that comes while the server boots waits for it', async (t) => {
  const { publish, control, started } = rig();
  control.phase = 'starting';
  const { decision } = publish('talk');
  control.phase = 'accepting';
  started.resolve();
  t.match(await decision, { accepted: true });
});

void t.test('a publisher that comes while the last run is being finished waits for it', async (t) => {
  const { publish, control, sessions } = rig();
  await publish('talk').decision;
  const last = sessions.get('talk');
  if (last === undefined) throw new Error('no session');
  last.accepting = false;
  const { decision } = publish('talk');
  sessions.delete('talk');
  last.close();
  t.match(await decision, { accepted: true });
  t.equal(control.begun, 2);
});
