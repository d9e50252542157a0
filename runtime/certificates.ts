/**
 * Certificate and key of the listeners (`TLS_CERT_FILE`, `TLS_KEY_FILE`), read at the start and again when asked to.
 *
 * A new pair counts from the next connection on; connections in being keep what they were made with. A new pair that
 * cannot be used changes nothing.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import type { Server, ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { CaptiondError } from '../machines/errors.ts';
import type { Config } from './config.ts';

/** How long a TLS handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

export type CertificateFiles = Pick<Config, 'tlsCertFile' | 'tlsKeyFile'>;

interface Pair {
  tls: SecureContextOptions;
  context: SecureContext;
  certificate: X509Certificate;
}

export class Certificates {
  readonly #files: CertificateFiles;
  readonly #servers = new Set<{ setSecureContext(options: SecureContextOptions): void }>();
  #pair: Pair;

  private constructor(files: CertificateFiles, pair: Pair) {
    this.#files = files;
    this.#pair = pair;
  }

  /** Undefined when the options name none. @throws CaptiondError `tls_unusable`, saying which file and why. */
  static async load(files: CertificateFiles): Promise<Certificates | undefined> {
    return files.tlsCertFile === undefined ? undefined : new Certificates(files, await readPair(files));
  }

  /** For whoever accepts connections by itself: of the newest pair. */
  get context(): SecureContext {
    return this.#pair.context;
  }

  /** Until when the certificate is good, as ISO 8601 UTC. */
  get validTo(): string {
    return this.#pair.certificate.validToDate.toISOString();
  }

  /** Reads the files again. @throws CaptiondError `tls_unusable`; the pair before stays. */
  async reload(): Promise<void> {
    this.#pair = await readPair(this.#files);
    for (const server of this.#servers) server.setSecureContext(this.#pair.tls);
  }

  /** A web server of this pair and of those that follow it. */
  webServer(options: ServerOptions): Server {
    const server = createSecureServer({ ...options, ...this.#pair.tls, handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    return server;
  }
}

/** A web server that is not listening yet, over TLS when there are certificates. */
export function createWebServer(options: ServerOptions, certificates: Certificates | undefined): Server {
  return certificates?.webServer(options) ?? createPlainServer(options);
}

async function readPair({ tlsCertFile = '', tlsKeyFile = '' }: CertificateFiles): Promise<Pair> {
  const [cert, key] = await readBoth(tlsCertFile, tlsKeyFile);
  const certificate = attempt(
    `TLS_CERT_FILE=${tlsCertFile} holds no certificate in PEM.`,
    () => new X509Certificate(cert),
  );
  const noKey = `TLS_KEY_FILE=${tlsKeyFile} holds no private key in PEM, or one behind a passphrase.`;
  const privateKey = attempt(noKey, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) unusable(`The key of ${tlsKeyFile} is not that of ${tlsCertFile}.`);
  const tls = { cert, key, minVersion: 'TLSv1.2' } as const;
  return { tls, certificate, context: attempt('The chain is not accepted.', () => createSecureContext(tls)) };
}

/** What is wrong with both files is said at once. */
async function readBoth(certFile: string, keyFile: string): Promise<[cert: Buffer, key: Buffer]> {
  const faults: string[] = [];
  const read = (name: string, path: string): Promise<Buffer> =>
    readFile(path).catch(({ code = 'failed' }: NodeJS.ErrnoException) => {
      faults.push(`${name}=${path} cannot be read (${code}).`);
      return Buffer.alloc(0);
    });
  const both = [await read('TLS_CERT_FILE', certFile), await read('TLS_KEY_FILE', keyFile)] as const;
  return faults.length === 0 ? [...both] : unusable(faults.join(' '));
}

function attempt<T>(sentence: string, work: () => T): T {
  try {
    return work();
  } catch {
    return unusable(sentence);
  }
}

function unusable(detail: string): never {
  throw new CaptiondError('tls_unusable', detail);
}
