/** A connection as publishers make it: TCP, or TLS with options of the caller's. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

export interface Place {
  port: number;
  host?: string;
  tls?: ConnectionOptions;
}

export async function dial({ port, host = '127.0.0.1', tls }: Place): Promise<Socket> {
  const place = { port, host, noDelay: true };
  const socket = tls === undefined ? connect(place) : connectTls({ ...place, ...tls });
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  return socket;
}
