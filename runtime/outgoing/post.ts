/**
 * Requests of ours to addresses that somebody else wrote: webhooks and the service that decides about access.
 *
 * The name is resolved once, every address that it has is checked (`reach.ts`), and the connection goes to one of those
 * and no other, so that a name which changes between check and connection (DNS rebinding) changes nothing. Redirects
 * are answers like any other, never followed. Time and size are bounded.
 */
import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { request as requestHttp } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { mayReach } from './reach.ts';
import type { Author } from './reach.ts';

/** Answers are read up to here unless told otherwise. */
const ANSWER_MAX_BYTES = 65_536;

export interface Post {
  /** `http:` or `https:`; user and password become a Basic credential. */
  url: URL;
  author: Author;
  headers?: Readonly<Record<string, string>>;
  body: string;
  /** From the call to the end of the answer. */
  timeoutMs: number;
  /** A longer answer is an error. */
  answerMaxBytes?: number;
  /** Gives it up. */
  signal?: AbortSignal;
}

export interface PostAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

/**
 * Why there is no answer. `address_refused`: the host has an address that may not be reached, and nothing was connected.
 * The message names no address and no URL.
 */
export class PostError extends Error {
  readonly reason: 'address_refused' | 'unresolved' | 'timeout' | 'answer_too_large' | 'unreachable';

  constructor(reason: PostError['reason'], options?: ErrorOptions) {
    super(`The request failed: ${reason}.`, options);
    this.name = 'PostError';
    this.reason = reason;
  }
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<LookupAddress[]>;

const resolveAll: Resolve = (name) => lookup(name, { all: true });

/** Sends a POST. @throws PostError. */
export async function post(wanted: Post, resolve: Resolve = resolveAll): Promise<PostAnswer> {
  const signals = [AbortSignal.timeout(wanted.timeoutMs), ...(wanted.signal ? [wanted.signal] : [])];
  const signal = AbortSignal.any(signals);
  try {
    const addresses = await until(signal, addressesOf(wanted, resolve));
    return await send(wanted, addresses, signal);
  } catch (error) {
    if (signal.aborted) throw new PostError('timeout');
    throw error instanceof PostError ? error : new PostError('unreachable', { cause: error });
  }
}

/** The addresses that may be connected to. */
async function addressesOf({ url, author }: Post, resolve: Resolve): Promise<LookupAddress[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host).catch(() => []) : [{ address: host, family }];
  if (addresses.length === 0) throw new PostError('unresolved');
  if (!addresses.every(({ address }) => mayReach(address, host, author))) throw new PostError('address_refused');
  return addresses;
}

/** A name that is being resolved cannot be given up; its answer then finds nobody. */
async function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new PostError('timeout'));
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}

function send(wanted: Post, addresses: LookupAddress[], signal: AbortSignal): Promise<PostAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const { url, body, headers } = wanted;
  const options: RequestOptions = {
    method: 'POST',
    // A connection of its own: one that is kept could be of another author's request.
    agent: false,
    lookup: pinned(addresses),
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    signal,
  };
  const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
  request.on('error', reject);
  request.on('response', (response) => {
    read(response, wanted.answerMaxBytes ?? ANSWER_MAX_BYTES).then(resolve, reject);
  });
  request.end(body);
  return promise;
}

/** Gives the addresses that were checked, whatever is asked for. */
function pinned(addresses: LookupAddress[]): LookupFunction {
  return (_name, { all }, done) => {
    const [first] = addresses;
    if (all === true || first === undefined) done(null, addresses);
    else done(null, first.address, first.family);
  };
}

async function read(response: IncomingMessage, maxBytes: number): Promise<PostAnswer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new PostError('answer_too_large');
    }
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() };
}
