/**
 * The error table: every failure that a user, viewer, publisher or operator can meet.
 *
 * `sentence` says what is wrong and what to do. Codes are stable; match on them, not on sentences. Columns that do not
 * apply are left out. `test/rules/errors.ts` holds this table and its copy in `machines/README.md` together.
 */

/** One row of the table. */
export interface ErrorRow {
  sentence: string;
  /** May the same request succeed later, unchanged? */
  retryable: boolean;
  /** HTTP status of the answer. */
  httpStatus?: number;
  /** WebSocket close code. */
  closeCode?: number;
  /** `onStatus` code for a publisher. */
  rtmpCode?: 'NetStream.Publish.BadName' | 'NetStream.Publish.Denied' | 'NetStream.Failed';
  /** Exit code of the program. */
  exitCode?: number;
}

const rows = {
  // publishing
  bad_slug: {
    sentence: 'The stream name must be a slug: a-z, 0-9 and -, at most 64 characters, starting with a letter or digit.',
    retryable: false,
    rtmpCode: 'NetStream.Publish.BadName',
    httpStatus: 400,
  },
  bad_app: {
    sentence: 'Publish to the application "live": rtmp://HOST:PORT/live/SLUG.',
    retryable: false,
    rtmpCode: 'NetStream.Publish.BadName',
  },
  name_taken: {
    sentence: 'Another publisher is live on this stream name.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.BadName',
  },
  session_stopping: {
    sentence: 'The session of this name is being finished; publish again in a few seconds.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.BadName',
  },
  too_many_sessions: {
    sentence: 'The server carries as many sessions as MAX_SESSIONS allows.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.Denied',
    httpStatus: 503,
  },
  key_sessions_taken: {
    sentence: 'This token publishes as many sessions as KEY_SESSIONS_MAX allows.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  key_minutes_spent: {
    sentence: 'This token has published as many minutes today as KEY_MINUTES_PER_DAY allows.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  session_exists: {
    sentence: 'A session of this name is running; end it first (DELETE), or prepare another.',
    retryable: false,
    httpStatus: 409,
  },
  server_draining: {
    sentence: 'The server is shutting down.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.Denied',
    httpStatus: 503,
    closeCode: 1012,
  },
  server_not_ready: {
    sentence: 'The server is still starting.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.Denied',
    httpStatus: 503,
  },
  // viewers and HTTP
  no_such_session: {
    sentence: 'There is no session of this name; it appears when its publisher connects.',
    retryable: true,
    httpStatus: 404,
    closeCode: 4004,
  },
  not_found: { sentence: 'There is nothing at this address.', retryable: false, httpStatus: 404 },
  method_not_allowed: { sentence: 'This address does not take that method.', retryable: false, httpStatus: 405 },
  body_too_large: {
    sentence: 'The body of the request is larger than 64 KiB.',
    retryable: false,
    httpStatus: 413,
  },
  json_expected: {
    sentence: 'The body must be a JSON object, sent as application/json.',
    retryable: false,
    httpStatus: 415,
  },
  bad_request: { sentence: 'The request could not be understood.', retryable: false, httpStatus: 400 },
  origin_refused: {
    sentence: 'This page may not attach: its origin is not in ALLOWED_ORIGINS.',
    retryable: false,
    httpStatus: 403,
  },
  host_refused: {
    sentence: 'The server does not go by that host name; set ALLOWED_ORIGINS to the origin of the page.',
    retryable: false,
    httpStatus: 421,
  },
  upgrade_required: { sentence: 'This address takes WebSocket connections only.', retryable: false, httpStatus: 426 },
  at_capacity: {
    sentence: 'The server carries as many viewers as MAX_VIEWERS allows.',
    retryable: true,
    httpStatus: 503,
    closeCode: 1013,
  },
  too_slow: {
    sentence: 'The viewer fell too far behind; reconnect with its cursor.',
    retryable: true,
    closeCode: 4008,
  },
  heartbeat_timeout: { sentence: 'The viewer answered no ping.', retryable: true, closeCode: 1008 },
  protocol_error: {
    sentence: 'The viewer sent something that the protocol does not know.',
    retryable: false,
    closeCode: 1008,
  },
  too_many_messages: {
    sentence: 'The viewer sent more than 10 messages a second or 64 KiB a minute.',
    retryable: true,
    closeCode: 1008,
  },
  bad_message: { sentence: 'A field of the message cannot be used.', retryable: false },
  // the AI lease
  ai_off: {
    sentence: 'No insights are taken: AI_MODE is off, or the session is over.',
    retryable: false,
  },
  stale_fence: {
    sentence:
      "The lease is not yours under this fence: it ran out, was given up, or is somebody else's. Ask for it again.",
    retryable: false,
  },
  ai_line_full: { sentence: 'As many viewers as may wait for the lease wait for it.', retryable: true },
  // tokens
  token_missing: {
    sentence: 'A token is needed: ?token=… in the address, or the Authorization header.',
    retryable: false,
    httpStatus: 401,
    closeCode: 4001,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  token_invalid: {
    sentence: 'The token is not one of this server.',
    retryable: false,
    httpStatus: 401,
    closeCode: 4001,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  token_expired: {
    sentence: 'The token has expired; ask for a new one.',
    retryable: false,
    httpStatus: 401,
    closeCode: 4001,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  token_not_for_this: {
    sentence: 'The token is for another session, or does not allow this.',
    retryable: false,
    httpStatus: 403,
    closeCode: 4003,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  tokens_off: {
    sentence: 'This server signs no tokens: set AUTH_SECRET (at least 32 bytes) and start it again.',
    retryable: false,
    httpStatus: 409,
  },
  access_denied: {
    sentence: 'Access was denied by the service that decides about it.',
    retryable: false,
    httpStatus: 403,
    closeCode: 4003,
    rtmpCode: 'NetStream.Publish.Denied',
  },
  // the session log
  log_busy: {
    sentence: 'Another captiond has this session log; give this one a DATA_DIR of its own.',
    retryable: false,
    exitCode: 1,
  },
  log_unavailable: {
    sentence: 'The session log cannot be used; see that DATA_DIR is a folder that can be written to and has room.',
    retryable: true,
    httpStatus: 503,
    closeCode: 1013,
    exitCode: 1,
  },
  // engines and decoder
  transcriber_unavailable: {
    sentence: 'No transcriber can run: the built-in engine is not installed, does not load, or fails again and again.',
    retryable: true,
    rtmpCode: 'NetStream.Publish.Denied',
    httpStatus: 503,
    exitCode: 1,
  },
  language_not_supported: {
    sentence: 'The built-in engine hears English only; set LANGUAGES=en.',
    retryable: false,
    exitCode: 2,
  },
  ffmpeg_missing: { sentence: 'No ffmpeg was found; install it or set FFMPEG_PATH.', retryable: false, exitCode: 1 },
  decoder_failed: { sentence: 'ffmpeg failed too often in a row.', retryable: true },
  transcriber_failed: { sentence: 'The transcriber failed too often in a row.', retryable: true },
  // the program
  bad_options: { sentence: 'One or more options have values that cannot be used.', retryable: false, exitCode: 2 },
  tls_unusable: { sentence: 'The certificate cannot be used.', retryable: false, exitCode: 2 },
  port_taken: { sentence: 'A port is taken by another program.', retryable: false, exitCode: 3 },
  failed: { sentence: 'Something failed inside; the log says what.', retryable: true, httpStatus: 500, exitCode: 1 },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof rows;

/** The table, by code. */
export const errors: Readonly<Record<ErrorCode, ErrorRow>> = rows;

/** Exit code of the program when it ends with this error. */
export function exitCodeOf(code: ErrorCode): number {
  return errors[code].exitCode ?? rows.failed.exitCode;
}

/** A failure with a row in the table; `detail` adds the particulars (a port, a value). */
export class CaptiondError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? errors[code].sentence : `${errors[code].sentence} ${detail}`, options);
    this.name = 'CaptiondError';
    this.code = code;
  }
}
