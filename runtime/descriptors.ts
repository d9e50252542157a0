/**
 * File descriptors of this process: connections get four fifths of what the operating system allows, less what sessions
 * need, so that a crowd of connections never keeps a session from its ffmpeg, its engine or its log.
 */
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Log } from '../actors/ports.ts';

/** Share of the soft limit that is ever used. */
const SHARE = 0.8;
/** ffmpeg's three pipes and its process, a socket of the cloud engine. */
const PER_SESSION = 5;
/** Connections that viewers leave to publishers: however many come to watch, one who speaks can come back. */
export const PUBLISHERS_ONLY = 32;
/** Of a process that may open few files they are no more than this part. */
const PUBLISHERS_SHARE = 1 / 4;
/** Before what the server itself needs has been counted. */
const OWN_AT_FIRST = 64;

export interface DescriptorsOptions {
  /** Sessions now. */
  sessions: () => number;
  log: Log;
}

export class Descriptors {
  readonly #options: DescriptorsOptions;
  /** `ulimit -n`; undefined where nobody knows. */
  readonly #limit = descriptorLimit();
  #own = OWN_AT_FIRST;
  #connections = 0;

  constructor(options: DescriptorsOptions) {
    this.#options = options;
  }

  /** Counts what the server needs without connections, and says what is left. For the end of its start. */
  settle(): void {
    this.#own = ownDescriptors() - this.#connections;
    if (this.#limit === undefined) return;
    const fields = { limit: this.#limit, connectionsMax: this.#free };
    this.#options.log.info('connections are bounded by file descriptors', fields);
  }

  /** Counts a publisher's connection in until it is closed. False when there is no room for it. */
  readonly admitsPublisher = (socket: Socket): boolean => this.#admits(socket, this.#free);

  /** The same for anybody else's. */
  readonly admitsOther = (socket: Socket): boolean => {
    const free = this.#free;
    return this.#admits(socket, free - Math.min(PUBLISHERS_ONLY, Math.floor(free * PUBLISHERS_SHARE)));
  };

  #admits(socket: Socket, max: number): boolean {
    if (this.#connections >= max) {
      this.#options.log.warn('connections are refused: there are too few file descriptors; raise ulimit -n');
      return false;
    }
    this.#connections += 1;
    socket.once('close', () => (this.#connections -= 1));
    return true;
  }

  get #free(): number {
    const max = Math.floor((this.#limit ?? Infinity) * SHARE);
    return Math.max(0, max - this.#own - PER_SESSION * this.#options.sessions());
  }
}

/** The soft limit; Node has raised it to the hard one. */
function descriptorLimit(): number | undefined {
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: unknown } } };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

function ownDescriptors(): number {
  try {
    return readdirSync('/dev/fd').length;
  } catch {
    return OWN_AT_FIRST;
  }
}
