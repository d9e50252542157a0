/**
 * What the model is asked to answer, and the check of what it did. Its text is data for viewers and as hostile as any
 * other: bounded, of known fields alone, without control characters.
 */
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { CallError } from './port.ts';

const FENCE = '```';
/** Longest answer that is read, in UTF-16 units. */
export const ANSWER_MAX = 16_384;

const bounded = Type.Object({
  summary: Type.String({ minLength: 1, maxLength: 2_000 }),
  topics: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 12 }),
  actions: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 20 }),
});
const checked = Compile(bounded);

/** `data` of the `ai_insight` that the server makes. */
export type InsightData = Static<typeof bounded>;

/** The shape for the endpoint. Without bounds: not every endpoint knows them in a schema. */
export const answerSchema = {
  type: 'object',
  properties: {
    summary: { type: 'string' },
    topics: { type: 'array', items: { type: 'string' } },
    actions: { type: 'array', items: { type: 'string' } },
  },
  required: ['summary', 'topics', 'actions'],
  additionalProperties: false,
} as const;

/** The shape in words, for endpoints that take no schema. */
export const answerRules =
  'Answer with one JSON object and nothing else: {"summary": string of at most 1500 characters, "topics": at most ' +
  '12 short strings, "actions": at most 20 strings, what somebody said they would do or asked others to do}.';

/** @throws CallError `invalid` */
export function readAnswer(text: string): InsightData {
  const value = parsed(text);
  if (!checked.Check(value)) throw new CallError('invalid', 'The answer is not of the shape that was asked for.');
  const { summary, topics, actions } = value;
  return { summary: plain(summary), topics: topics.map(plain), actions: actions.map(plain) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(unfenced(text.trim()));
  } catch {
    return undefined;
  }
}

/** Some models put their JSON into a fence of Markdown. */
function unfenced(text: string): string {
  const isFenced = text.length >= 6 && text.startsWith(FENCE) && text.endsWith(FENCE);
  return isFenced ? text.slice(FENCE.length, -FENCE.length).replace(/^json/, '') : text;
}

function plain(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, ' ');
}
