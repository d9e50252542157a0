/**
 * One span for each session, with one below it for each run of a process and each connection of an engine, and what
 * happened between its actors as span events. Where nothing collects spans this costs next to nothing.
 */
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';
import type { ActorRefLike, InspectionEvent } from 'xstate';
import { visibleEvent } from '../inspector/visible.ts';

/** Actors whose life is a span, by their id, and what the span is called. */
const SPANNED: Readonly<Record<string, string>> = {
  child: 'ffmpeg run',
  socket: 'gladia connection',
  initiate: 'gladia request',
  local: 'built-in engine takes over',
  call: 'language model call',
};
/** Span events of one session; a session of days has no more. */
const EVENTS_MAX = 500;

/** What a session is called in its spans. */
export interface SessionName {
  slug: string;
  epoch: number;
  transcriber: string;
}

export class SessionSpans {
  readonly #tracer: Tracer;
  readonly #session: Span;
  readonly #open = new Map<ActorRefLike, Span>();
  #events = 0;

  constructor({ slug, epoch, transcriber }: SessionName, tracer: Tracer = trace.getTracer('captiond')) {
    this.#tracer = tracer;
    const attributes = { 'captiond.session': slug, 'captiond.epoch': epoch, 'captiond.transcriber': transcriber };
    this.#session = tracer.startSpan('session', { attributes });
  }

  /** Everything that happens between the session's actors. */
  readonly inspect = (inspected: InspectionEvent): void => {
    if (!this.#session.isRecording()) return;
    if (inspected.type === '@xstate.actor') this.#begin(inspected.actorRef);
    else if (inspected.type === '@xstate.snapshot') this.#endThoseThatEnded();
    else if (inspected.type === '@xstate.event') this.#happened(inspected.event);
  };

  /** @param reason Why the session ended. */
  end(reason: string): void {
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
    this.#session.setAttribute('captiond.end_reason', reason);
    if (reason.endsWith('failed')) this.#session.setStatus({ code: SpanStatusCode.ERROR, message: reason });
    this.#session.end();
  }

  #begin(actor: ActorRefLike): void {
    const name = SPANNED[(actor as { id?: string }).id ?? ''];
    if (name === undefined) return;
    this.#open.set(actor, this.#tracer.startSpan(name, {}, trace.setSpan(context.active(), this.#session)));
  }

  /** An actor that its parent stops says nothing; it is no longer active. */
  #endThoseThatEnded(): void {
    for (const [actor, span] of this.#open) {
      const { status } = actor.getSnapshot() as { status?: string };
      if (status === 'active') continue;
      if (status === 'error') span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      this.#open.delete(actor);
    }
  }

  #happened(event: { type: string }): void {
    if (event.type.startsWith('xstate.') || this.#events >= EVENTS_MAX) return;
    this.#events += 1;
    const { type, ...fields } = visibleEvent(event);
    const shown = Object.entries(fields).filter(([, value]) => typeof value !== 'object');
    this.#session.addEvent(type, Object.fromEntries(shown));
  }
}
