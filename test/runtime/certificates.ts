/** Certificates: what is wrong with a pair is said before anything listens; a new pair counts for new connections alone. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { Certificates, createWebServer } from '../../runtime/certificates.ts';
import type { CertificateFiles } from '../../runtime/certificates.ts';

const pair = (name: string): Required<CertificateFiles> => ({
  tlsCertFile: new URL(`../fixtures/tls/${name}.crt`, import.meta.url).pathname,
  tlsKeyFile: new URL(`../fixtures/tls/${name}.key`, import.meta.url).pathname,
});
const [first, second] = [pair('first'), pair('second')];

async function load(files: CertificateFiles): Promise<Certificates> {
  const certificates = await Certificates.load(files);
  if (certificates === undefined) throw new Error('none');
  return certificates;
}

void t.test('a pair that cannot be used is refused with the file and the reason', async (t) => {
  t.equal(await Certificates.load({}), undefined);
  t.match((await load(first)).validTo, /^21\d\d-/);
  const folder = await mkdtemp(join(tmpdir(), 'captiond-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const nonsense = join(folder, 'nonsense.pem');
  await writeFile(nonsense, 'nothing');
  const faults: [CertificateFiles, RegExp][] = [
    [{ ...first, tlsCertFile: join(folder, 'none.crt') }, /TLS_CERT_FILE=.*none\.crt cannot be read \(ENOENT\)/],
    [{ ...first, tlsKeyFile: folder }, /TLS_KEY_FILE=.* cannot be read \(EISDIR\)/],
    [{ ...first, tlsCertFile: nonsense }, /TLS_CERT_FILE=.* holds no certificate/],
    [{ ...first, tlsKeyFile: nonsense }, /TLS_KEY_FILE=.* holds no private key/],
    [{ ...first, tlsKeyFile: second.tlsKeyFile }, /The key of .*second\.key is not that of .*first\.crt/],
  ];
  for (const [files, sentence] of faults) {
    await t.rejects(Certificates.load(files), { code: 'tls_unusable', message: sentence });
  }
});

void t.test('new connections get a new pair, old ones go on, a bad pair changes nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const files = { tlsCertFile: join(folder, 'a.crt'), tlsKeyFile: join(folder, 'a.key') };
  const use = async (from: Required<CertificateFiles>): Promise<void> => {
    await copyFile(from.tlsCertFile, files.tlsCertFile);
    await copyFile(from.tlsKeyFile, files.tlsKeyFile);
  };
  await use(first);
  const certificates = await load(files);
  const server = createWebServer({}, certificates).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const open = async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return { socket, name: socket.getPeerCertificate().subject.CN };
  };
  const before = await open();
  t.equal(before.name, 'first.captiond.test');
  await use(second);
  await certificates.reload();
  const after = await open();
  t.equal(after.name, 'second.captiond.test');
  await writeFile(files.tlsKeyFile, 'nothing');
  await t.rejects(certificates.reload(), { code: 'tls_unusable' });
  const later = await open();
  t.equal(later.name, 'second.captiond.test');
  t.notOk(before.socket.destroyed, 'what was open stays open');
  for (const { socket } of [before, after, later]) socket.destroy();
  server.close();
});
