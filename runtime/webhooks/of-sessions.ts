/** Where sessions and their webhooks meet: at the start of a run, and at its end. */
import type { Archive } from '../archive.ts';
import type { LiveSession } from '../live-session.ts';
import type { Deliveries } from './deliveries.ts';

/** A session has started; returns it. */
export function delivered(session: LiveSession, deliveries: Deliveries | undefined): LiveSession {
  const { slug, epoch, startedAt, transcriber, isUnlogged, channel } = session;
  const { records } = channel;
  const follow = (listener: () => void) => records.follow(listener);
  deliveries?.begin({ run: { slug, epoch, startedAt, transcriber }, records, follow, isUnlogged });
  return session;
}

/** It has ended: it goes to the archive, and what is left to deliver is read from there. */
export function retire(session: LiveSession, archive: Archive | undefined, deliveries: Deliveries | undefined): void {
  const { slug, epoch, startedAt, transcriber, endedAt = startedAt, channel } = session;
  const { recordedOffset: lastOffset } = channel;
  const past = { slug, epoch, startedAt, endedAt, transcriber, lastOffset, ledger: session.ledger() };
  const isKept = !session.isUnlogged && archive !== undefined;
  if (isKept) archive.add(past);
  deliveries?.ended(epoch, isKept ? archive.records(past) : channel.records);
}
