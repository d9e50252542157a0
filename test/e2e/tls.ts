/** With a certificate every listener speaks TLS: publishers over RTMPS, viewers over WSS, pages and metrics over HTTPS. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { WebSocket } from 'ws';
import { runCaptiond, startServer } from '../harness.ts';
import { SECRET, tokenFor } from '../support/bad-tokens.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { clips } from '../support/speech.ts';

t.setTimeout(120_000);

const file = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
const FIRST = { TLS_CERT_FILE: file('first.crt'), TLS_KEY_FILE: file('first.key') };
const trusting = { rejectUnauthorized: false };

function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { ...trusting, headers }, (response) => {
      let body = '';
      response.on('data', (data) => (body += String(data)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

/** What comes back for plain bytes until the connection is cut. */
function plain(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connectPlain({ port, host: '127.0.0.1' });
    socket.on('data', (data) => (answer += data.toString('latin1'))).on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(bytes);
  });
}

function certificateAt(port: number): Promise<string | string[] | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...trusting }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

void t.test('speech over RTMPS becomes captions over WSS, and nothing is said in clear', async (t) => {
  await using server = await startServer({ ...FIRST, AUTH_SECRET: SECRET });
  const { rtmp, http, admin, isSecure } = server.addresses;
  t.ok(isSecure);
  const url = `rtmps://${rtmp.host}:${rtmp.port}/live/talk?token=${await tokenFor('talk', ['publish'])}`;
  await using publisher = await ffmpegAudio(clips[0]?.path ?? '', url);
  const address = `wss://${http.host}:${http.port}/sessions/talk/live?after=0`;
  const protocols = ['captiond.v2', `token.${await tokenFor('talk', ['view'])}`];
  const said = await new Promise<string>((resolve, reject) => {
    const attach = (): void => {
      const socket = new WebSocket(address, protocols, trusting);
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { type: string; text: string };
        if (message.type === 'transcript_final') resolve(message.text);
      });
      socket.on('close', (code) => (code === 4004 ? attach() : reject(new Error(`${code} ${publisher.printed()}`))));
      socket.on('error', reject);
    };
    attach();
  });
  t.match(said, /\w/);
  const bearer = { authorization: `Bearer ${await tokenFor('*', ['admin'])}` };
  t.match(await get(`https://${http.host}:${http.port}/`), { status: 200, body: /rtmps:\/\/127\.0\.0\.1/ });
  t.equal((await get(`https://${http.host}:${http.port}/sessions/talk`, bearer)).status, 200);
  t.match(await get(`https://${admin.host}:${admin.port}/metrics`, bearer), { status: 200, body: /sessions/ });
  const hello = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
  for (const { port } of [http, admin]) t.notMatch(await plain(port, hello), /HTTP\/1\.1 200/, 'no plain HTTP');
  const plainRtmp = await plain(rtmp.port, Buffer.concat([Buffer.of(3), Buffer.alloc(1536)]));
  t.ok(plainRtmp.length < 1536, 'no plain RTMP');
  await t.rejects(publishRtmp({ port: rtmp.port, name: 'other', tls: trusting }), /token is needed/);
});

void t.test('a publisher that never shakes hands is cut', async (t) => {
  await using server = await startServer(FIRST);
  const startedMs = performance.now();
  t.equal(await plain(server.addresses.rtmp.port, Buffer.of(22)), '');
  t.ok(performance.now() - startedMs < 10_000);
});

void t.test('the program reads its certificate again at SIGHUP, and says what is wrong with one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const files = { TLS_CERT_FILE: join(folder, 'a.crt'), TLS_KEY_FILE: join(folder, 'a.key') };
  await using missing = runCaptiond(['serve'], files);
  t.equal((await missing.exited).code, 2);
  t.match(missing.output.stderr, /The certificate cannot be used\. TLS_CERT_FILE=.* cannot be read \(ENOENT\)/);
  await using half = runCaptiond(['serve'], { TLS_CERT_FILE: file('first.crt') });
  t.equal((await half.exited).code, 2);
  t.match(half.output.stderr, /TLS_KEY_FILE=.*certificate and key go together/);
  const use = (name: string) =>
    Promise.all([
      copyFile(file(`${name}.crt`), files.TLS_CERT_FILE),
      copyFile(file(`${name}.key`), files.TLS_KEY_FILE),
    ]);
  await use('first');
  await using program = runCaptiond(['serve'], files);
  const ports = await Promise.all(
    [/publish\s+rtmps:\/\/[^:]+:(\d+)/, /home\s+https:\/\/[^:]+:(\d+)/, /metrics\s+https:\/\/[^:]+:(\d+)/].map(
      async (pattern) => Number((await program.printed(pattern))[1]),
    ),
  );
  const names = (): Promise<unknown[]> => Promise.all(ports.map(certificateAt));
  t.strictSame(new Set(await names()), new Set(['first.captiond.test']));
  const publisher = await publishRtmp({ port: ports[0] ?? 0, name: 'talk', tls: trusting });
  await use('second');
  program.child.kill('SIGHUP');
  await program.printed(/the certificate was read again/);
  t.strictSame(new Set(await names()), new Set(['second.captiond.test']), 'every listener has it');
  await writeFile(files.TLS_KEY_FILE, 'nothing');
  program.child.kill('SIGHUP');
  await program.printed(/the new certificate cannot be used; the one before stays/);
  t.strictSame(new Set(await names()), new Set(['second.captiond.test']));
  publisher.unpublish();
  t.match(await publisher.nextStatus(), { code: 'NetStream.Unpublish.Success' }, 'who was connected is still served');
  publisher.abort();
});
