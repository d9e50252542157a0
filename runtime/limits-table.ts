/** Every limit that guards the server against strangers: its value, what happens beyond it, and the option that sets it. */
import type { LimitName } from '../actors/limit-names.ts';
import { JSON_LEVELS_MAX } from '../actors/json-levels.ts';
import { MAX_AMF0_DEPTH, MAX_AMF0_STRING_BYTES, MAX_AMF0_VALUES } from '../actors/rtmp/amf0.ts';
import { defaultRtmpLimits as rtmp } from '../actors/rtmp/limits.ts';
import { BYTES_PER_MINUTE, EXCESS_MAX, MESSAGES_BURST, MESSAGES_PER_SECOND } from '../actors/viewers/inbound-budget.ts';
import { ADMIN_CONNECTIONS_MAX, ADMIN_CONNECTIONS_PER_ADDRESS_MAX } from './admin.ts';
import { PUBLISHERS_ONLY } from './descriptors.ts';
import { VISITORS_MAX } from './http.ts';
import { BUFFERED_CHUNKS_MAX, FRAGMENTS_MAX, VIEWER_MESSAGE_MAX_BYTES } from './http/attach.ts';
import { UPGRADE_TIMEOUT_MS } from './http/door.ts';
import { httpLimits } from './http/listener.ts';
import { options } from './options.ts';
import type { OptionName } from './options.ts';

/** One row of the table; texts are sentence parts for people. */
export interface LimitRow {
  what: string;
  value: string;
  beyond: string;
  option?: OptionName;
}

const CLOSED = 'the connection is closed';
const NOT_ACCEPTED = 'a further connection is closed at accept';
const IGNORED = `ignored; the first one is answered with an error, the ${EXCESS_MAX}th closes with 1008`;

function bytes(count: number): string {
  if (count % 1_048_576 === 0) return `${count / 1_048_576} MiB`;
  return count % 1_024 === 0 ? `${count / 1_024} KiB` : `${count} B`;
}

const seconds = (ms: number): string => `${ms / 1_000} s`;
const byDefault = (name: OptionName): string => count(Number(options[name].fallback));
const count = (number: number): string => number.toLocaleString('en');

const messageBytes = [
  `commands ${bytes(rtmp.maxCommandBytes)}`,
  `audio ${bytes(rtmp.maxAudioBytes)}`,
  `aggregates ${bytes(rtmp.maxAggregateBytes)}`,
  `video (skipped) ${bytes(rtmp.maxVideoBytes)}`,
  `others (skipped) ${bytes(rtmp.maxDataBytes)}`,
].join(', ');

/** In the order of the page. */
export const limitRows: Readonly<Record<LimitName, LimitRow>> = {
  descriptors: {
    what: 'connections of publishers and viewers, by file descriptors',
    value: `80 % of \`ulimit -n\`, less what sessions need; up to ${PUBLISHERS_ONLY} of them for publishers alone`,
    beyond: NOT_ACCEPTED,
  },
  rtmp_connections: { what: 'RTMP connections', value: count(rtmp.maxConnections), beyond: NOT_ACCEPTED },
  rtmp_unpublished: {
    what: 'RTMP connections that do not publish',
    value: count(rtmp.maxUnpublished),
    beyond: NOT_ACCEPTED,
  },
  rtmp_unpublished_per_address: {
    what: 'the same, of one address',
    value: count(rtmp.maxUnpublishedPerAddress),
    beyond: NOT_ACCEPTED,
  },
  rtmp_handshake_time: { what: 'accept to handshake', value: seconds(rtmp.handshakeMs), beyond: CLOSED },
  rtmp_publish_time: { what: 'handshake to `publish`', value: seconds(rtmp.publishMs), beyond: CLOSED },
  rtmp_idle_time: {
    what: 'a publisher without a byte',
    value: seconds(rtmp.idleMs),
    beyond: `${CLOSED}, the session waits for its publisher to return`,
  },
  rtmp_unpublished_bytes: { what: 'bytes before `publish`', value: bytes(rtmp.maxUnpublishedBytes), beyond: CLOSED },
  rtmp_unsent_bytes: {
    what: 'answers that a publisher does not read',
    value: bytes(rtmp.maxUnsentBytes),
    beyond: CLOSED,
  },
  rtmp_chunk_streams: { what: 'chunk streams', value: count(rtmp.maxChunkStreams), beyond: CLOSED },
  rtmp_unfinished_bytes: {
    what: 'announced bytes of unfinished messages',
    value: bytes(rtmp.maxUnfinishedBytes),
    beyond: CLOSED,
  },
  rtmp_short_chunks: {
    what: `chunks below ${rtmp.shortChunkBytes} bytes in a second`,
    value: count(rtmp.maxShortChunksPerSecond),
    beyond: CLOSED,
  },
  rtmp_message_bytes: { what: 'one RTMP message', value: messageBytes, beyond: CLOSED },
  rtmp_amf0: {
    what: 'AMF0 of one command',
    value: `depth ${MAX_AMF0_DEPTH}, ${count(MAX_AMF0_VALUES)} values, strings of ${bytes(MAX_AMF0_STRING_BYTES)}`,
    beyond: CLOSED,
  },
  http_connections: { what: 'HTTP connections that are no viewers', value: count(VISITORS_MAX), beyond: NOT_ACCEPTED },
  http_connections_per_address: {
    what: 'the same, of one address (IPv6: of one /64 network)',
    value: byDefault('MAX_CONNECTIONS_PER_ADDRESS'),
    beyond: NOT_ACCEPTED,
    option: 'MAX_CONNECTIONS_PER_ADDRESS',
  },
  http_request_time: {
    what: 'headers, and the whole request',
    value: `${seconds(httpLimits.headersTimeoutMs)}, ${seconds(httpLimits.requestTimeoutMs)}; looked at every ${seconds(httpLimits.checkIntervalMs)}`,
    beyond: 'answered 408 and closed',
  },
  http_idle_time: { what: 'an answer that is not read', value: seconds(httpLimits.idleTimeoutMs), beyond: CLOSED },
  http_upgrade_time: { what: 'an upgrade without its answer', value: seconds(UPGRADE_TIMEOUT_MS), beyond: CLOSED },
  http_header_bytes: {
    what: 'headers of a request',
    value: bytes(httpLimits.headerMaxBytes),
    beyond: 'answered 431 and closed',
  },
  http_body_bytes: { what: 'the body of a request', value: '64 KiB', beyond: 'answered 413 and closed' },
  json_levels: {
    what: 'levels of arrays and objects in a field, of bodies and of messages of viewers',
    value: count(JSON_LEVELS_MAX),
    beyond: 'answered 400; answered with `bad_message`, the tenth fault closes with 1008',
  },
  admin_connections: {
    what: 'connections to the admin listener',
    value: count(ADMIN_CONNECTIONS_MAX),
    beyond: NOT_ACCEPTED,
  },
  admin_connections_per_address: {
    what: 'the same, of one address',
    value: count(ADMIN_CONNECTIONS_PER_ADDRESS_MAX),
    beyond: NOT_ACCEPTED,
  },
  viewers: {
    what: 'viewers',
    value: byDefault('MAX_VIEWERS'),
    beyond: 'closed with 1013, answered 503',
    option: 'MAX_VIEWERS',
  },
  viewers_per_address: {
    what: 'viewers of one address',
    value: byDefault('MAX_VIEWERS_PER_ADDRESS'),
    beyond: 'the same',
    option: 'MAX_VIEWERS_PER_ADDRESS',
  },
  viewer_message_bytes: {
    what: 'one message of a viewer',
    value: bytes(VIEWER_MESSAGE_MAX_BYTES),
    beyond: 'closed with 1009',
  },
  viewer_fragments: {
    what: 'frames of one message, and pieces of the network that wait to become one',
    value: `${FRAGMENTS_MAX}, ${BUFFERED_CHUNKS_MAX}`,
    beyond: 'closed with 1008',
  },
  key_sessions: {
    what: 'sessions of one token at a time',
    value: byDefault('KEY_SESSIONS_MAX'),
    beyond: 'the publisher is refused with the reason',
    option: 'KEY_SESSIONS_MAX',
  },
  key_minutes: {
    what: 'minutes that one token publishes in 24 hours',
    value: byDefault('KEY_MINUTES_PER_DAY'),
    beyond: 'the publisher is cut, and refused, with the reason',
    option: 'KEY_MINUTES_PER_DAY',
  },
  gladia_minutes: {
    what: 'sound sent to Gladia in 24 hours, in minutes, over all sessions',
    value: byDefault('GLADIA_MINUTES_PER_DAY'),
    beyond: 'sessions at Gladia are finished in order and the built-in engine takes over, or they end with the reason',
    option: 'GLADIA_MINUTES_PER_DAY',
  },
  viewer_messages: {
    what: 'messages, pings and unasked pongs of a viewer',
    value: `${MESSAGES_PER_SECOND} a second, ${MESSAGES_BURST} at once`,
    beyond: IGNORED,
  },
  viewer_bytes: { what: 'bytes of these', value: `${bytes(BYTES_PER_MINUTE)} a minute`, beyond: IGNORED },
};

/** The table as it stands in the documentation. */
export function limitTableMarkdown(): string {
  const rows = Object.entries(limitRows).map(([name, { what, value, beyond, option }]) => {
    const optionCell = option === undefined ? '' : `\`${option}\``;
    return `| \`${name}\` | ${what} | ${value} | ${beyond} | ${optionCell} |`;
  });
  return ['| limit | of what | value | beyond it | option |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
