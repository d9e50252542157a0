/** Asks the server of this machine, as the options describe it, whether it is alive: exit code 0 or 1. For containers. */
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { isIPv6 } from 'node:net';
import { readConfig } from './config.ts';
import type { Environment } from './config.ts';

const TIMEOUT_MS = 2_500;

/** Where the server answers on this machine. */
function addressOf(env: Environment): { host: string; port: number } | undefined {
  const read = readConfig(env);
  if (!read.ok) return undefined;
  const { httpHost, httpPort: port } = read.config;
  if (httpHost === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: httpHost === '::' ? '::1' : httpHost, port };
}

/** Does `GET /healthz` answer 200? */
export function isAlive(env: Environment): Promise<boolean> {
  const address = addressOf(env);
  if (address === undefined) return Promise.resolve(false);
  const { host, port } = address;
  const url = (scheme: string): string => `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}/healthz`;
  // The certificate is for the names that clients use, not for this address; nothing is sent that could be stolen.
  const https = { timeout: TIMEOUT_MS, rejectUnauthorized: false };
  return new Promise((resolve) => {
    const answered = ({ statusCode }: { statusCode?: number | undefined }): void => resolve(statusCode === 200);
    const plain = httpGet(url('http'), { timeout: TIMEOUT_MS }, answered);
    plain.on('timeout', () => plain.destroy());
    plain.on('error', () => {
      const encrypted = httpsGet(url('https'), https, answered);
      encrypted.on('timeout', () => encrypted.destroy());
      encrypted.on('error', () => resolve(false));
    });
  });
}

if (import.meta.main) process.exit((await isAlive(process.env)) ? 0 : 1);
