/** One call of the language model: waits for its turn, asks, checks the answer, hands it in. */
import { randomBytes } from 'node:crypto';
import { fromCallback } from 'xstate';
import type { CallCost, ModelCallCommand, ModelCallFact } from '../../machines/ai-events.ts';
import type { Log } from '../ports.ts';
import type { ResourceList } from '../resources.ts';
import { readAnswer } from './answer.ts';
import type { Endpoint, Usage } from './endpoint.ts';
import { CallError } from './port.ts';
import type { InsightDesk } from './port.ts';
import { messagesOf } from './prompt.ts';
import type { Turns } from '../turns.ts';
import type { Uncovered } from './uncovered.ts';

export interface ModelCallInput {
  endpoint: Pick<Endpoint, 'ask'>;
  turns: Turns;
  /** The instructions. */
  prompt: string;
  uncovered: Uncovered;
  desk: InsightDesk;
  resources: ResourceList;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

/** Takes every `ModelCallCommand`; tells `call.started`, then one of the other facts, and nothing after it. */
export const modelCall = fromCallback<ModelCallCommand, ModelCallInput>(({ input, receive, sendBack }) => {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(new CallError('stopped', 'The call was given up.'));
  const release = input.resources.hold({ kind: 'socket', name: 'language model call', release: giveUp });
  receive(({ cause }) => controller.abort(new CallError(cause, 'The call was given up.')));
  const tell = (fact: ModelCallFact): void => sendBack(fact);
  void call(input, controller.signal, () => tell({ type: 'call.started' })).then((fact) => {
    release();
    tell(fact);
  });
  return () => {
    release();
    giveUp();
  };
});

async function call(input: ModelCallInput, signal: AbortSignal, onStarted: () => void): Promise<ModelCallFact> {
  const { turns, nowMs, log } = input;
  const usage: Usage = { promptTokens: 0, completionTokens: 0 };
  let startedMs: number | undefined;
  const cost = (): CallCost => ({ ...usage, elapsedMs: startedMs === undefined ? 0 : Math.round(nowMs() - startedMs) });
  try {
    await turns.take(async () => {
      startedMs = nowMs();
      onStarted();
      await ask(input, usage, signal);
    }, signal);
    const told = cost();
    log.info('an insight was made', { ...told });
    return { type: 'call.stored', cost: told };
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    const { fault, retryAfterMs, message } = reason instanceof CallError ? reason : unexpected(reason);
    const told = cost();
    if (fault !== 'stopped') log.warn('a call of the language model gave nothing', { cause: fault, message, ...told });
    return { type: 'call.failed', cause: fault, retryAfterMs, cost: told };
  }
}

async function ask({ endpoint, prompt, uncovered, desk }: ModelCallInput, usage: Usage, signal: AbortSignal) {
  const { fence } = desk;
  if (fence === undefined) throw new CallError('not_taken', 'The lease was lost before the call.');
  const excerpt = uncovered.excerpt();
  const mark = `material-${randomBytes(8).toString('hex')}`;
  const data = readAnswer(await endpoint.ask(messagesOf(prompt, excerpt, mark), usage, signal));
  signal.throwIfAborted();
  const { upToOffset } = excerpt;
  const refusal = desk.deliver({ fence, upToOffset, data });
  if (refusal?.code === 'bad_message') throw new CallError('too_large', 'The answer is too long for an insight.');
  if (refusal !== undefined)
    throw new CallError('not_taken', `The session does not take the insight (${refusal.code}).`);
  uncovered.cover(upToOffset, data.summary);
}

/** Nothing of an error that nobody foresaw is shown: it may hold what was said. */
function unexpected(error: unknown): CallError {
  const name = error instanceof Error ? error.name : typeof error;
  return new CallError('cut', `The call failed (${name}).`);
}
