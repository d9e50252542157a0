/**
 * An OpenAI-compatible endpoint: one call of `POST /chat/completions`, streamed, bounded, and without a try of its own to
 * do it again (the chart decides that).
 */
import OpenAI from 'openai';
import { retryAfterOf } from '../retry-after.ts';
import { ANSWER_MAX, answerSchema } from './answer.ts';
import { CallError } from './port.ts';
import type { ChatMessage } from './prompt.ts';

/** Longest `Retry-After` that is obeyed. */
const RETRY_AFTER_MAX_MS = 120_000;
/** Bytes of an answer, whatever is in it: each token comes in an event of a few hundred. */
const BODY_MAX_BYTES = 2 * 1_048_576;
/** Longest answer that is asked for; the shape needs about 1,500. */
const COMPLETION_TOKENS_MAX = 4_000;
/** For an endpoint that does not count: about four characters a token. */
const CHARACTERS_A_TOKEN = 4;

/** How the endpoint is told the shape of the answer; `none`: by words alone. */
export type AnswerFormat = 'json_schema' | 'json_object' | 'none';

export interface EndpointOptions {
  /** OPENAI_BASE_URL, with its `/v1` if it has one. */
  baseUrl: string;
  /** OPENAI_API_KEY. */
  key: string;
  /** AI_MODEL. */
  model: string;
  format: AnswerFormat;
}

/** What a call has cost so far. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

export class Endpoint {
  readonly #client: OpenAI;
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#client = new OpenAI({
      baseURL: options.baseUrl,
      apiKey: options.key,
      organization: null,
      project: null,
      maxRetries: 0,
      // It would print what is said.
      logLevel: 'off',
      fetch: boundedFetch,
    });
  }

  /**
   * The text of the answer. `usage` is brought up to date while it comes, so that a call that fails is counted too.
   *
   * @throws CallError
   */
  async ask(messages: readonly ChatMessage[], usage: Usage, signal: AbortSignal): Promise<string> {
    const length = messages.reduce((sum, { content }) => sum + content.length, 0);
    const answer = { text: '', finish: '' };
    try {
      const stream = await this.#client.chat.completions.create(
        {
          model: this.#options.model,
          messages: [...messages],
          stream: true,
          stream_options: { include_usage: true },
          max_completion_tokens: COMPLETION_TOKENS_MAX,
          ...responseFormat(this.#options.format),
        },
        { signal },
      );
      usage.promptTokens = Math.ceil(length / CHARACTERS_A_TOKEN);
      for await (const chunk of stream) take(chunk, answer, usage);
    } catch (error) {
      throw asCallError(error);
    }
    if (answer.finish === '') throw new CallError('cut', 'The answer broke off.');
    if (answer.finish !== 'stop') throw new CallError('invalid', 'The answer was ended by the endpoint.');
    return answer.text;
  }
}

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;

function take(chunk: Partial<Chunk>, answer: { text: string; finish: string }, usage: Usage): void {
  const [choice] = chunk.choices ?? [];
  answer.text += choice?.delta?.content ?? '';
  answer.finish = choice?.finish_reason ?? answer.finish;
  if (answer.text.length > ANSWER_MAX) throw new CallError('too_large', 'The answer is too long.');
  usage.completionTokens = Math.max(usage.completionTokens, Math.ceil(answer.text.length / CHARACTERS_A_TOKEN));
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = chunk.usage ?? {};
  if (isCount(promptTokens) && isCount(completionTokens)) Object.assign(usage, { promptTokens, completionTokens });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function responseFormat(format: AnswerFormat) {
  if (format === 'none') return {};
  if (format === 'json_object') return { response_format: { type: 'json_object' } } as const;
  const schema = { name: 'insight', strict: true, schema: answerSchema };
  return { response_format: { type: 'json_schema', json_schema: schema } } as const;
}

/** No redirects, no answer of another kind, no more of it than the bound. */
async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const answer = await fetch(input, { ...init, redirect: 'error' });
  const type = answer.headers.get('content-type') ?? '';
  if (answer.ok && !/^text\/event-stream\b/i.test(type)) {
    await answer.body?.cancel();
    throw new CallError('not_a_stream', 'The endpoint answered with something that is not an event stream.');
  }
  let bytes = 0;
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform: (part, controller) => {
      bytes += part.length;
      if (bytes > BODY_MAX_BYTES) controller.error(new CallError('too_large', 'The answer is too long.'));
      else controller.enqueue(part);
    },
  });
  const { status, headers } = answer;
  return new Response(answer.body?.pipeThrough(bound) ?? null, { status, headers });
}

/** The messages of the client's own errors may hold what the endpoint said, so none of them is passed on. */
function asCallError(error: unknown): CallError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof CallError) return cause;
  if (error instanceof OpenAI.APIConnectionError) return new CallError('unreachable', 'The endpoint does not answer.');
  if (!(error instanceof OpenAI.APIError) || error.status === undefined) {
    return new CallError('cut', 'The answer broke off.');
  }
  const status = Number(error.status);
  const headers = error.headers as Headers | undefined;
  const retryAfterMs = retryAfterOf(headers?.get('retry-after'), RETRY_AFTER_MAX_MS) ?? null;
  return new CallError(faultOf(status), `The endpoint answered ${status}.`, retryAfterMs);
}

function faultOf(status: number): CallError['fault'] {
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 429) return 'rate_limited';
  return status >= 500 || status === 408 || status === 409 ? 'server_error' : 'refused';
}
