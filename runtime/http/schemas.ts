/** Schemas that several routes share. `x-expected` is what a refused value is told it must be. */
import { Type } from 'typebox';
import type { SessionState } from '../../actors/ports.ts';
import type { SessionSummary } from '../directory.ts';
import { SLUG_PATTERN } from '../slug.ts';

/** Text that must match; `expected` ends the sentence "NAME must be …". */
export function textOf(pattern: RegExp, expected: string, more: { description: string; examples?: string[] }) {
  return Type.String({ pattern: pattern.source, 'x-expected': expected, ...more });
}

export const slugParams = Type.Object({
  slug: textOf(SLUG_PATTERN, 'a slug: a-z, 0-9 and -, at most 64', {
    description: 'Name of the session.',
    examples: ['talk'],
  }),
});

const states: readonly SessionState[] = ['awaiting', 'live', 'publisher_lost', 'transcriber_lost', 'ended'];
const ms = (description: string) => Type.Integer({ minimum: 0, description });
const time = (description: string) => Type.String({ format: 'date-time', description });

/** A session, as `SessionSummary` has it. */
export const sessionSchema = Type.Object(
  {
    slug: Type.String({ pattern: SLUG_PATTERN.source, description: 'Its name.' }),
    epoch: Type.Integer({ minimum: 1, description: 'The run: a new publish after the end starts another.' }),
    state: Type.Unsafe<SessionState>({
      type: 'string',
      enum: states,
      description: 'Waiting for its publisher, live, without its publisher or its engine, over.',
    }),
    audio: Type.Unsafe<SessionSummary['audio']>({
      type: 'string',
      enum: ['flowing', 'silent', 'none'],
      description:
        "Does the publisher's audio come? `silent`: it is connected and has sent none for ten seconds; `none`: it is not there.",
    }),
    startedAt: time('When the run began.'),
    endedAt: Type.Optional(time('When it ended; only once it has.')),
    transcriber: Type.String({ description: 'Name of the engine.' }),
    offset: Type.Integer({ minimum: 0, description: 'Of the newest record that is shown; 0 before the first.' }),
    viewers: Type.Integer({ minimum: 0, description: 'Viewers attached now.' }),
    ledger: Type.Object(
      {
        receivedMs: ms('Audio that came in.'),
        transcribedMs: ms('Audio that was transcribed.'),
        gapMs: ms('Audio that was declared as not transcribed.'),
        unackedMs: ms('Audio of which the engine has not said yet what became of it.'),
      },
      { additionalProperties: false, description: 'What became of each millisecond of audio.' },
    ),
  },
  { $id: 'Session', additionalProperties: false },
);

/** A reference to it; it stands once in the document. */
export const sessionReference = { $ref: 'Session#' };

/** A session for examples. */
export const exampleSession = {
  slug: 'talk',
  epoch: 1,
  state: 'live',
  audio: 'flowing',
  startedAt: '2026-03-01T10:00:00.000Z',
  transcriber: 'local/tiny',
  offset: 12,
  viewers: 3,
  ledger: { receivedMs: 61_200, transcribedMs: 59_800, gapMs: 0, unackedMs: 1_400 },
};

/** One that waits for its publisher. */
export const exampleAwaiting = {
  ...{ ...exampleSession, state: 'awaiting', audio: 'none', offset: 0, viewers: 0 },
  ledger: { receivedMs: 0, transcribedMs: 0, gapMs: 0, unackedMs: 0 },
};

export const languagePattern = /^[A-Za-z]{2,3}$/;

/** `?token=`, where a header cannot be set (`EventSource`, a link). */
export const tokenQuery = {
  token: Type.Optional(
    Type.String({ 'x-expected': 'given once', description: 'A token, where no header can be set.' }),
  ),
};
