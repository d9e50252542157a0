/** Where the server listens, and how that is written. */

/** Host as it was asked for; the port is the real one. */
export interface ListenAddress {
  host: string;
  port: number;
}

export interface ServerAddresses {
  rtmp: ListenAddress;
  http: ListenAddress;
  admin: ListenAddress;
  /** Do all of them speak TLS? */
  isSecure: boolean;
}

/** `https://127.0.0.1:8080` and its like, for every listener. */
export function originsOf({ rtmp, http, admin, isSecure }: ServerAddresses): Record<'rtmp' | 'http' | 'admin', string> {
  const s = isSecure ? 's' : '';
  const at = ({ host, port }: ListenAddress): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { rtmp: `rtmp${s}://${at(rtmp)}`, http: `http${s}://${at(http)}`, admin: `http${s}://${at(admin)}` };
}
