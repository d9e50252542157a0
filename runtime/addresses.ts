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
}
