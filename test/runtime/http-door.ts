/** Who may be connected: by address, in all, behind proxies; how long an upgrade may take; what is counted by which name. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import t from 'tap';
import type { WebSocket } from 'ws';
import { addressGroup } from '../../actors/address-group.ts';
import type { LimitName } from '../../actors/limit-names.ts';
import { createAdminServer } from '../../runtime/admin.ts';
import { openAccess } from '../../runtime/access/port.ts';
import type { Access } from '../../runtime/access/port.ts';
import { Door, UPGRADE_TIMEOUT_MS } from '../../runtime/http/door.ts';
import type { Visitor } from '../../runtime/http/door.ts';
import { createListener } from '../../runtime/http/listener.ts';
import { createLog } from '../../runtime/log.ts';
import { proxiesOf } from '../../runtime/proxies.ts';
import { attempt, open, raw, startHttp } from '../support/http-server.ts';
import { eventually } from '../support/processes.ts';
import type { TestHttp } from '../support/http-server.ts';

const names = { perAddress: 'http_connections_per_address', total: 'http_connections' } as const;

function visitor(remoteAddress: string, remotePort: number): Visitor {
  const socket = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
  return Object.assign(socket, { remoteAddress, remotePort });
}

function newDoor(isProxy?: (address: string) => boolean) {
  const limits: LimitName[] = [];
  const onLimit = (limit: LimitName): void => void limits.push(limit);
  const door = new Door({ maxPerAddress: 2, maxTotal: 5, names, onLimit, ...(isProxy && { isProxy }) });
  let port = 0;
  const come = (address: string): Visitor => {
    const socket = visitor(address, (port += 1));
    door.enter(socket);
    return socket;
  };
  return { door, limits, come };
}

void t.test('addresses of one network of IPv6, and of IPv4 however written, are one', async (t) => {
  const groups: [address: string, group: string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ];
  for (const [address, group] of groups) t.equal(addressGroup(address), group, address);
});

void t.test('beyond its share a connection is cut, and a place that is left is free again', async (t) => {
  const { door, limits, come } = newDoor();
  const first = come('192.0.2.1');
  come('192.0.2.1');
  t.ok(come('192.0.2.1').destroyed);
  t.ok(come('::ffff:192.0.2.1').destroyed, 'however it writes itself');
  t.notOk(come('192.0.2.2').destroyed);
  first.destroy();
  await once(first, 'close');
  t.notOk(come('192.0.2.1').destroyed);
  t.equal(door.visitors, 3);
  t.strictSame(limits, ['http_connections_per_address', 'http_connections_per_address']);
});

void t.test('who has become a viewer counts no more', async (t) => {
  const { door, come } = newDoor();
  const first = come('192.0.2.1');
  come('192.0.2.1');
  door.attached(first);
  t.notOk(come('192.0.2.1').destroyed);
  first.destroy();
  await once(first, 'close');
  t.equal(door.visitors, 2, 'and gives back nothing that is not its own');
});

void t.test('a proxy may bring as many as there is room for', async (t) => {
  const { limits, come } = newDoor(proxiesOf(['10.0.0.0/8', '2001:db8::5']));
  for (let count = 0; count < 5; count += 1) t.notOk(come('10.1.2.3').destroyed);
  t.ok(come('10.1.2.3').destroyed, 'all of them together are bounded');
  t.strictSame(limits, ['http_connections']);
  const isProxy = proxiesOf(['10.0.0.0/8', '2001:db8::5']);
  for (const [address, is] of Object.entries({
    '10.9.9.9': true,
    '::ffff:10.0.0.1': true,
    '2001:db8::5': true,
    '11.0.0.1': false,
    '2001:db8::6': false,
    x: false,
  })) {
    t.equal(isProxy(address), is, address);
  }
});

void t.test('an upgrade that nobody answers is cut in time', async (t) => {
  const { door, limits, come } = newDoor();
  const socket = come('192.0.2.1');
  const sinceMs = performance.now();
  door.upgrading(socket);
  await once(socket, 'close');
  t.ok(performance.now() - sinceMs >= UPGRADE_TIMEOUT_MS - 50);
  t.strictSame(limits, ['http_upgrade_time']);
});

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

void t.test('an upgrade whose access nobody decides about is cut in time', async (t) => {
  const access: Access = { ...openAccess, check: () => new Promise(() => {}) };
  const { server, limits } = await served({ access });
  await using _ = server;
  const ended = await attempt(server.url('/sessions/talk/live'));
  t.match(ended, { code: 1006 });
  t.strictSame(limits, ['http_upgrade_time']);
});

void t.test('an answer that its client does not take is given up', async (t) => {
  const { limits, onLimit } = counted();
  const answered = Promise.withResolvers<ServerResponse>();
  const large = Buffer.alloc(50_000_000);
  const listener = createListener((_request, response) => answered.resolve(response.end(large)), {
    ...{ connectionsMax: 10, timing: { idleTimeoutMs: 300, keepAliveTimeoutMs: 60_000 }, certificates: undefined },
  });
  new Door({ maxPerAddress: 5, maxTotal: 5, names, onLimit }).watch(listener);
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => listener.close());
  const client = open(`127.0.0.1:${(listener.address() as AddressInfo).port}`).pause();
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const response = await answered.promise;
  await once(response, 'close');
  t.notOk(response.writableFinished);
  t.strictSame(limits, ['http_idle_time']);
  client.destroy();
});

function counted() {
  const limits: LimitName[] = [];
  return { limits, onLimit: (limit: LimitName) => void limits.push(limit) };
}

/** Everything of `server` that a limit turns away is `limits`. */
async function served(
  more: Partial<Parameters<typeof startHttp>[0]> = {},
): Promise<{ server: TestHttp; limits: LimitName[] }> {
  const { limits, onLimit } = counted();
  return { limits, server: await startHttp({ onLimit, ...more }) };
}

void t.test('headers, bodies and requests beyond their bounds are counted by name', async (t) => {
  const timing = { headersTimeoutMs: 200, requestTimeoutMs: 300, checkIntervalMs: 50 };
  const { server, limits } = await served({ timing });
  await using _ = server;
  await raw(server.host, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  t.strictSame(limits, ['http_request_time']);
  const patient = await served();
  await using _patient = patient.server;
  await raw(patient.server.host, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  const body = 'x'.repeat(70_000);
  const headers = { 'content-type': 'application/json' };
  t.equal((await fetch(patient.server.url('/sessions'), { method: 'POST', headers, body })).status, 413);
  const deep = `{"slug":"a","spelling":${nested(9)}}`;
  t.equal((await fetch(patient.server.url('/sessions'), { method: 'POST', headers, body: deep })).status, 400);
  t.strictSame(patient.limits, ['http_header_bytes', 'http_body_bytes', 'json_levels']);
});

void t.test('viewers beyond their number, and beyond that of one address, are counted by name', async (t) => {
  const kept: WebSocket[] = [];
  const keep = (socket: WebSocket): void => void kept.push(socket);
  const { server, limits } = await served({ limits: { maxViewers: 3, maxViewersPerAddress: 2, allowedOrigins: [] } });
  await using _ = server;
  const url = server.url('/sessions/talk/live');
  for (let count = 0; count < 2; count += 1) t.ok((await attempt(url, { keep })).greeting);
  t.match(await attempt(url), { code: 1013, reason: 'at_capacity' });
  t.equal((await fetch(server.url('/sessions/talk/events'))).status, 503);
  t.strictSame(limits, ['viewers_per_address', 'viewers_per_address']);
  const gone = once(kept[0] as WebSocket, 'close');
  kept[0]?.close();
  await gone;
  t.ok((await attempt(url)).greeting, 'a place that was left is free again');
  kept[1]?.terminate();
});

void t.test('MAX_VIEWERS counts too', async (t) => {
  const { server, limits } = await served({ limits: { maxViewers: 0, allowedOrigins: [] } });
  await using _ = server;
  t.match(await attempt(server.url('/sessions/talk/live')), { code: 1013 });
  t.strictSame(limits, ['viewers']);
});

void t.test('messages that are too large or in too many pieces are counted by name', async (t) => {
  const { server, limits } = await served();
  await using _ = server;
  for (const end of ['large', 'pieces'] as const) {
    const kept = Promise.withResolvers<WebSocket>();
    await attempt(server.url('/sessions/talk/live'), { keep: kept.resolve });
    const socket = await kept.promise;
    const closed = once(socket, 'close');
    if (end === 'large') socket.send('x'.repeat(20_000));
    else for (let piece = 0; piece < 40; piece += 1) socket.send('x', { fin: false });
    await closed;
  }
  t.strictSame(limits, ['viewer_message_bytes', 'viewer_fragments']);
});

void t.test('the admin listener has places for others beside one that takes all it can', async (t) => {
  const { limits, onLimit } = counted();
  const admin = await createAdminServer({
    host: '127.0.0.1',
    port: 0,
    telemetry: { scrape: (_request, response) => void response.end('metrics'), onLimit },
    registry: { live: () => undefined, liveSessions: () => [] },
    access: openAccess,
    log: createLog({ level: 'error', pretty: false, write: () => {} }),
  });
  t.teardown(() => admin.close());
  const { port } = admin.address;
  const dial = (localAddress: string) => connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {});
  const greedy = Array.from({ length: 40 }, () => dial('127.0.0.1'));
  await Promise.all(greedy.map((socket) => once(socket, 'connect')));
  const other = dial('127.0.0.2');
  other.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const [answer] = (await once(other, 'data')) as [Buffer];
  t.match(String(answer), /^HTTP\/1\.1 200/);
  t.strictSame(
    limits,
    Array.from({ length: 8 }, () => 'admin_connections_per_address'),
  );
  const more = Array.from({ length: 40 }, () => dial('127.0.0.3'));
  await Promise.all(
    more.map((socket) => new Promise((resolve) => socket.once('close', resolve).once('connect', resolve))),
  );
  t.teardown(() => [...greedy, ...more].forEach((socket) => socket.destroy()));
  await eventually('all of them together are bounded too', () => limits.includes('admin_connections'));
});
