/** Viewers that call a language model themselves: each for itself, or the one that holds the AI lease for all. */
import { WebSocket } from 'ws';
import { Endpoint } from '../../actors/insights/endpoint.ts';
import { defaultPrompt, messagesOf } from '../../actors/insights/prompt.ts';

export interface CallingViewersOptions {
  /** Of the session's WebSocket. */
  url: string;
  /** Of the language model. */
  endpointUrl: string;
  count: number;
  /** Finals that make a call due. */
  finalsMin: number;
  /** Only the holder of the lease calls. */
  hasLease: boolean;
}

interface Told {
  type: string;
  state?: string;
  fence?: number;
  offset?: number;
  text?: string;
  data?: unknown;
}

export class CallingViewer {
  readonly #options: CallingViewersOptions;
  readonly #endpoint: Endpoint;
  readonly #socket: WebSocket;
  #fence: number | undefined;
  #lines: string[] = [];
  #offset = 0;
  #isCalling = false;
  isAttached = false;
  /** Insights that came from the server. */
  readonly insights: Told[] = [];
  /** What the server said of the lease, newest last. */
  readonly leases: string[] = [];

  constructor(options: CallingViewersOptions) {
    this.#options = options;
    this.#endpoint = new Endpoint({ baseUrl: options.endpointUrl, key: 'key', model: 'm', format: 'json_schema' });
    this.#socket = new WebSocket(`${options.url}?after=0`, 'captiond.v2');
    this.#socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as Told));
  }

  leave(): void {
    this.#socket.terminate();
  }

  #take(message: Told): void {
    if (message.type === 'session') this.isAttached = true;
    if (message.type === 'session' && this.#options.hasLease) this.#socket.send('{"type":"ai_acquire"}');
    if (message.type === 'ai_insight') this.#insight(message);
    if (message.type === 'ai_lease') {
      this.leases.push(message.state ?? '');
      this.#fence = message.state === 'held' ? message.fence : undefined;
    }
    if (message.type === 'transcript_final') {
      this.#lines.push(message.text ?? '');
      this.#offset = message.offset ?? 0;
    }
    void this.#call();
  }

  /** Somebody has called for all: what was said up to there needs no further call. */
  #insight(message: Told): void {
    this.insights.push(message);
    if (this.#options.hasLease) this.#lines = [];
  }

  async #call(): Promise<void> {
    const { hasLease, finalsMin } = this.#options;
    const fence = this.#fence;
    const mayCall = !hasLease || fence !== undefined;
    if (this.#isCalling || !mayCall || this.#lines.length < finalsMin) return;
    this.#isCalling = true;
    const excerpt = { lines: this.#lines, upToOffset: this.#offset, isCut: false, summary: undefined };
    this.#lines = [];
    const messages = messagesOf(defaultPrompt, excerpt, 'material-0000000000000000');
    const usage = { promptTokens: 0, completionTokens: 0 };
    const text = await this.#endpoint.ask(messages, usage, AbortSignal.timeout(10_000));
    this.#isCalling = false;
    if (!hasLease) return;
    const insight = { type: 'ai_insight', fence, upToOffset: excerpt.upToOffset, data: JSON.parse(text) as unknown };
    this.#socket.send(JSON.stringify(insight));
  }
}

export function callingViewers(options: CallingViewersOptions): CallingViewer[] {
  return Array.from({ length: options.count }, () => new CallingViewer(options));
}
