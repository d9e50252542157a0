/** A local OpenAI-compatible endpoint that keeps a journal of its calls and fails in the ways that are asked for. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

export type EndpointFault =
  | 'unauthorised'
  | 'unknown_model'
  | 'rate_limited'
  | 'server_error'
  | 'hang'
  | 'hang_in_the_answer'
  | 'cut'
  | 'no_end'
  | 'invalid_json'
  | 'wrong_shape'
  | 'ended_by_length'
  | 'endless'
  | 'endless_line'
  | 'html'
  | 'redirect'
  | 'reset';

/** One call, as the endpoint saw it. Times are monotonic milliseconds. */
export interface JournalEntry {
  authorization: string;
  body: { model: string; messages: { role: string; content: string }[]; response_format?: { type: string } };
  fault: EndpointFault | undefined;
  beganMs: number;
  /** Undefined while it is in flight. */
  endedMs: number | undefined;
  /** Tokens, once it is answered. */
  usage?: typeof USAGE;
  /** The caller went away before the answer was complete. */
  isAborted: boolean;
}

export interface ModelEndpoint extends AsyncDisposable {
  /** For OPENAI_BASE_URL. */
  url: string;
  journal: JournalEntry[];
  /** Most calls that were in flight together. */
  readonly mostInFlight: number;
  readonly inFlight: number;
  /** The next calls fail like this, one after the other; then they succeed again. */
  fail(...faults: EndpointFault[]): void;
  /** Holds every answer back until the returned function is called. */
  hold(): () => void;
}

export interface ModelEndpointOptions {
  key?: string;
  /** The whole answer to a call. */
  answer?: (entry: JournalEntry, number: number) => string;
  /** Seconds of `Retry-After` with 429. */
  retryAfterS?: number;
  /** Are tokens counted? `by_length`: four characters are one; else every call costs `USAGE`. */
  hasUsage?: boolean | 'by_length';
  /** Between two parts of an answer. */
  tokenMs?: number;
}

/** Every prompt and every answer costs this. */
export const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

function usageOf(messages: JournalEntry['body']['messages'], answer: string): typeof USAGE {
  const prompt = Math.ceil(messages.reduce((sum, { content }) => sum + content.length, 0) / 4);
  const completion = Math.ceil(answer.length / 4);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export const insightText = (number: number): string =>
  JSON.stringify({ summary: `Summary ${number}.`, topics: [`topic ${number}`], actions: [] });

class Endpoint {
  readonly journal: JournalEntry[] = [];
  readonly faults: EndpointFault[] = [];
  held: PromiseWithResolvers<void> | undefined;
  mostInFlight = 0;
  readonly #options: ModelEndpointOptions;

  constructor(options: ModelEndpointOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.journal.filter(({ endedMs }) => endedMs === undefined).length;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { key, answer = (_entry, number) => insightText(number) } = this.#options;
    const body = JSON.parse(await text(request)) as JournalEntry['body'];
    const { authorization = '' } = request.headers;
    const isKnown = key === undefined || authorization === `Bearer ${key}`;
    const fault = isKnown ? this.faults.shift() : 'unauthorised';
    const call = { authorization, body, fault };
    const entry: JournalEntry = { ...call, beganMs: performance.now(), endedMs: undefined, isAborted: false };
    this.journal.push(entry);
    const number = this.journal.length;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.on('close', () => {
      entry.endedMs ??= performance.now();
      entry.isAborted = !response.writableFinished;
    });
    await this.held?.promise;
    const said = answer(entry, number);
    entry.usage = this.#options.hasUsage === 'by_length' ? usageOf(body.messages, said) : USAGE;
    await answerWith(response, fault, { ...this.#options, text: said, usage: entry.usage });
  }
}

export async function startModelEndpoint(options: ModelEndpointOptions = {}): Promise<ModelEndpoint> {
  const endpoint = new Endpoint(options);
  const server = createServer((request, response) => void endpoint.serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    journal: endpoint.journal,
    get mostInFlight() {
      return endpoint.mostInFlight;
    },
    get inFlight() {
      return endpoint.inFlight;
    },
    fail: (...more) => void endpoint.faults.push(...more),
    hold: () => {
      endpoint.held = Promise.withResolvers<void>();
      return endpoint.held.resolve;
    },
    async [Symbol.asyncDispose]() {
      endpoint.held?.resolve();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answer extends ModelEndpointOptions {
  text: string;
  usage: typeof USAGE;
}

const statuses: Partial<Record<EndpointFault, number>> = {
  unauthorised: 401,
  unknown_model: 404,
  rate_limited: 429,
  server_error: 500,
};

async function answerWith(response: ServerResponse, fault: EndpointFault | undefined, answer: Answer): Promise<void> {
  const status = fault === undefined ? undefined : statuses[fault];
  if (status !== undefined) {
    const headers = {
      'content-type': 'application/json',
      ...(status === 429 && { 'retry-after': String(answer.retryAfterS ?? 1) }),
    };
    response.writeHead(status, headers).end(JSON.stringify({ error: { message: `no: ${fault}`, type: fault } }));
  } else if (fault === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
  else if (fault === 'redirect') response.writeHead(307, { location: '/v1/chat/completions' }).end();
  else if (fault === 'reset') response.destroy();
  else if (fault !== 'hang') await stream(response, fault, answer);
}

async function stream(response: ServerResponse, fault: EndpointFault | undefined, answer: Answer): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.on('error', () => {});
  const content = contentOf(fault, answer.text);
  const parts = fault === 'cut' || fault === 'hang_in_the_answer' ? content.slice(0, content.length / 2) : content;
  for (const part of parts.match(/[^]{1,16}/g) ?? []) {
    event(response, { choices: [{ index: 0, delta: { content: part }, finish_reason: null }] });
    if (answer.tokenMs !== undefined) await pause(answer.tokenMs);
  }
  if (fault === 'hang_in_the_answer') return;
  if (fault === 'cut') return void setImmediate(() => response.destroy());
  if (fault === 'endless') return endless(response, `data: ${JSON.stringify(chunk({ choices: [] }))}\n\n`);
  if (fault === 'endless_line') return endless(response, 'data: '.padEnd(4_096, 'x'));
  if (fault === 'no_end') return void response.end();
  const reason = fault === 'ended_by_length' ? 'length' : 'stop';
  event(response, { choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  if (answer.hasUsage !== false) event(response, { choices: [], usage: answer.usage });
  response.end('data: [DONE]\n\n');
}

function contentOf(fault: EndpointFault | undefined, whole: string): string {
  if (fault === 'invalid_json') return 'Sure! Here is what I found: {"summary": "…';
  return fault === 'wrong_shape' ? '{"summary": 7, "topics": "none"}' : whole;
}

const chunk = (fields: object): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'scripted',
  ...fields,
});

function event(response: ServerResponse, fields: object): void {
  response.write(`data: ${JSON.stringify(chunk(fields))}\n\n`);
}

/** Writes until nobody listens. */
function endless(response: ServerResponse, part: string): void {
  const write = (): void => {
    while (!response.destroyed) if (!response.write(part)) return void response.once('drain', write);
  };
  write();
}
