/** WebSocket close codes of the viewers' protocol (`README.md` says what a client does about each). */
export const closeCodes = {
  sessionEnded: 1000,
  policyViolation: 1008,
  serverRestarting: 1012,
  atCapacity: 1013,
  tokenMissing: 4001,
  tokenWrongSession: 4003,
  noSuchSession: 4004,
  tooSlow: 4008,
} as const;

/** A close, as it goes into the frame. `reason` has at most 123 bytes (RFC 6455, section 5.5). */
export interface Close {
  code: number;
  reason: string;
}

export const closes = {
  heartbeatTimeout: { code: closeCodes.policyViolation, reason: 'heartbeat_timeout' },
  protocolError: { code: closeCodes.policyViolation, reason: 'protocol_error' },
  tooManyMessages: { code: closeCodes.policyViolation, reason: 'too_many_messages' },
  tooSlow: { code: closeCodes.tooSlow, reason: 'too_slow' },
  serverRestarting: { code: closeCodes.serverRestarting, reason: 'server_restarting' },
  sessionEnded: { code: closeCodes.sessionEnded, reason: 'session_end' },
  /** What it may do was allowed until now. */
  tokenExpired: { code: closeCodes.tokenMissing, reason: 'token_expired' },
  /** What the viewer lacks cannot be read from the log now. */
  logUnavailable: { code: closeCodes.atCapacity, reason: 'log_unavailable' },
} as const satisfies Record<string, Close>;
