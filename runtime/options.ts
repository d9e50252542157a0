/**
 * The option table. Parsing, checks, defaults, `captiond --help` and the table of `README.md` all come from these rows,
 * in this order; a new option is one row here and nothing anywhere else.
 */
import {
  address,
  choice,
  choiceOrFolder,
  host,
  keyOfBytes,
  languages,
  networks,
  optionalAddress,
  optionalText,
  origins,
  port,
  secret,
  signingSecret,
  someOf,
  target,
  text,
  whole,
} from './option-kinds.ts';
import type { Option } from './option-kinds.ts';
import { hookEventNames } from './webhooks/event.ts';

const HOUR_MS = 3_600_000;

/** Every option by its name in the environment. */
export const options = {
  RTMP_HOST: host('address that publishers connect to'),
  RTMP_PORT: port(1935, 'port that publishers connect to; 0 takes any free one and prints it'),
  HTTP_HOST: host('address of viewers, pages and API'),
  HTTP_PORT: port(8080, 'port of viewers, pages and API'),
  ADMIN_HOST: host('address of metrics and inspector'),
  ADMIN_PORT: port(9464, 'port of metrics and inspector'),
  DATA_DIR: text('./data', 'folder of the session log'),
  TRANSCRIBER: choice(
    'auto',
    ['auto', 'gladia', 'local'],
    'engine; auto takes Gladia when a key is set, else the built-in one',
  ),
  GLADIA_API_KEY: secret(optionalText('key of the cloud engine')),
  GLADIA_URL: address('https://api.gladia.io', 'address of the cloud engine'),
  GLADIA_MINUTES_PER_DAY: whole(
    6_000,
    [1, 10_000_000],
    'sound sent to the cloud engine in 24 hours, over all sessions; then the fallback takes over',
  ),
  GLADIA_REGION: choice('eu-west', ['eu-west', 'us-west'], 'region of the cloud engine'),
  LOCAL_MODEL: choiceOrFolder(
    'tiny',
    ['tiny', 'base', 'tiny+base'],
    'model of the built-in engine; a folder holds a sherpa-onnx model and its model.json',
  ),
  TRANSCRIBER_FALLBACK: choice(
    'local',
    ['local', 'none'],
    'what takes over when the cloud engine is refused or away too long',
  ),
  LANGUAGES: languages('en', 'languages that may be spoken; one is fixed; the built-in engine hears en only'),
  PCM_CHUNK_SIZE_MS: whole(100, [20, 500], 'audio per message to the engine'),
  AUDIO_BUFFER_MS: whole(60_000, [1000, 600_000], 'audio kept for replay until the engine has acknowledged it'),
  PUBLISHER_GRACE_MS: whole(30_000, [0, 600_000], 'how long a session waits for its publisher to return'),
  PUBLISHER_TAKEOVER: choice(
    'same-credential',
    ['same-credential', 'reject'],
    'what a second publisher of a live session gets: its place when it has the same credential, or a refusal',
  ),
  FFMPEG_PATH: optionalText('the ffmpeg program', 'found'),
  FFMPEG_STOP_MS: whole(5000, [100, 60_000], 'from SIGTERM to SIGKILL for ffmpeg'),
  SOCKET_CLOSE_MS: whole(2000, [100, 60_000], 'from close to terminate for the socket of the cloud engine'),
  FINALIZE_MS: whole(10_000, [100, 120_000], 'how long a stopping session waits for its last finals'),
  HEARTBEAT_INTERVAL_MS: whole(30_000, [100, HOUR_MS], 'time between two pings of a viewer'),
  HEARTBEAT_MAX_MISSED: whole(3, [1, 100], 'unanswered pings after which a viewer is closed'),
  VIEWER_QUEUE_MAX: whole(1000, [1, 1_000_000], 'messages that may wait for one viewer'),
  VIEWER_QUEUE_MAX_BYTES: whole(1_048_576, [1024, 1_073_741_824], 'bytes that may wait for one viewer'),
  DEDUP_WINDOW: whole(1000, [1, 100_000], 'finals remembered per session, so that none is shown twice'),
  MAX_SESSIONS: whole(200, [1, 100_000], 'sessions at a time; a further publisher is refused'),
  KEY_SESSIONS_MAX: whole(20, [1, 100_000], 'sessions that one token may publish at a time'),
  KEY_MINUTES_PER_DAY: whole(14_400, [1, 10_000_000], 'minutes that one token may publish in 24 hours'),
  MAX_VIEWERS_PER_ADDRESS: whole(10_000, [1, 1_000_000], 'the same of one address'),
  MAX_CONNECTIONS_PER_ADDRESS: whole(
    1_000,
    [1, 100_000],
    'HTTP connections of one address that are no viewers; a further one is closed',
  ),
  TRUSTED_PROXIES: networks('addresses and networks of proxies in front: limits for one address are not for them'),
  MAX_VIEWERS: whole(20_000, [1, 1_000_000], 'viewers at a time; a further one is refused'),
  RETENTION_HOURS: whole(24, [0, 8760], 'how long ended sessions stay readable'),
  AUTH_SECRET: secret(
    keyOfBytes(32, 'signs and checks tokens; without it and AUTH_HOOK_URL every listener stays on loopback'),
  ),
  AUTH_HOOK_URL: secret(
    optionalAddress('service that is asked who may publish and view, besides tokens or instead of them'),
  ),
  TLS_CERT_FILE: optionalText(
    'certificate chain (PEM) of all listeners, which then speak TLS alone; read again at SIGHUP',
  ),
  TLS_KEY_FILE: optionalText('its private key (PEM)'),
  ALLOWED_ORIGINS: origins('browser origins that may attach'),
  AI_MODE: choice(
    'client',
    ['off', 'client', 'server'],
    'who calls the language model: nobody, the viewer that holds the lease, or the server',
  ),
  OPENAI_BASE_URL: optionalAddress(
    'OpenAI-compatible endpoint that the server calls; needed for AI_MODE=server, like the next two',
  ),
  OPENAI_API_KEY: secret(optionalText('key of that endpoint')),
  AI_MODEL: optionalText('model of that endpoint'),
  AI_ANSWER_FORMAT: choice(
    'json_schema',
    ['json_schema', 'json_object', 'none'],
    'how the endpoint is told the shape of its answer; none: by the prompt alone',
  ),
  AI_PROMPT_FILE: optionalText('text file with instructions for the model in place of the built-in ones', 'built in'),
  AI_FINALS_MIN: whole(3, [1, 1000], 'finals since the last insight that make another due'),
  AI_INTERVAL_MS: whole(20_000, [100, HOUR_MS], 'least time from one insight of a session to the next call'),
  AI_CALL_TIMEOUT_MS: whole(60_000, [100, 600_000], 'how long an answer may take to be complete'),
  AI_CONCURRENCY: whole(4, [1, 1000], 'calls at a time, over all sessions'),
  AI_CALLS_PER_MINUTE: whole(60, [1, 100_000], 'calls in any minute, over all sessions'),
  AI_SESSION_CALLS_MAX: whole(1000, [1, 1_000_000], 'calls of one session; then no more insights are made'),
  AI_SESSION_TOKENS_MAX: whole(1_000_000, [1, 1_000_000_000], 'the same in tokens, of prompts and answers'),
  AI_LEASE_MS: whole(5000, [500, 60_000], 'life of an unrenewed lease'),
  WEBHOOK_URL: secret(target('receiver of webhooks; without it none are sent')),
  WEBHOOK_SECRET: secret(signingSecret('signs webhooks; needed for WEBHOOK_URL; whsec_ and base64, or any text')),
  WEBHOOK_EVENTS: someOf(hookEventNames, 'which events are sent'),
  WEBHOOK_TIMEOUT_MS: whole(10_000, [100, 120_000], 'how long a receiver may take to answer'),
  WEBHOOK_ATTEMPTS_MAX: whole(
    30,
    [1, 1000],
    'failures in a row of one run from which on an event that fails is dropped; 30 take about three hours',
  ),
  DRAIN_MS: whole(15_000, [0, 600_000], 'bound on an orderly shutdown'),
  LOG_LEVEL: choice('info', ['debug', 'info', 'warn', 'error'], 'JSON lines on stderr; pretty on a terminal'),
} as const satisfies Record<string, Option<unknown>>;

/** Name of an option in the environment. */
export type OptionName = keyof typeof options;

/** The rows in order. */
export const optionRows = Object.entries(options) as [OptionName, Option<unknown>][];

/** A family of options that belongs to another specification and is not parsed here. */
export const openTelemetryRow = {
  name: 'OTEL_*',
  meaning: "OpenTelemetry's own standard names: metrics are exported over OTLP when an endpoint is set",
};
