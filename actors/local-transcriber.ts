/** A session's transcriber when the built-in engine does the work: its place in the engine that all sessions share. */
import { fromCallback } from 'xstate';
import type { TranscriberCommand, TranscriberFact } from '../machines/events.ts';
import type { LocalEngineClient } from './local/client.ts';
import type { ChunkSource, Log, TranscriptSink } from './ports.ts';

export interface LocalTranscriberInput {
  slug: string;
  language: string;
  source: ChunkSource;
  sink: TranscriptSink;
  client: LocalEngineClient;
  log: Log;
}

/** Takes every `TranscriberCommand`; tells every `TranscriberFact`. */
export const localTranscriber = fromCallback<TranscriberCommand, LocalTranscriberInput>(
  ({ input, receive, sendBack }) => {
    const { client, log, slug, language, source, sink } = input;
    const tell = (fact: TranscriberFact): void => sendBack(fact);
    const session = client.open({
      slug,
      language,
      source,
      sink,
      onReady: () => tell({ type: 'transcriber.ready' }),
      onLost: () => tell({ type: 'transcriber.lost', cause: 'engine_exited' }),
      onFinished: () => tell({ type: 'transcriber.finished' }),
      onFailed: (reason) => {
        log.error('the engine takes no audio any more', { reason });
        tell({ type: 'transcriber.failed', code: 'transcriber_failed', reason });
      },
    });
    receive(() => session.finish());
    return () => session.close();
  },
);
