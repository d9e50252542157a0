/** The application: gate, routes, failures and the document that describes them, on a listener of the caller's. */
import type { Answer } from './answer.ts';
import { answerFailures } from './failures.ts';
import { createFramework } from './framework.ts';
import type { App, FrameworkOptions } from './framework.ts';
import { addGate } from './gate.ts';
import { give } from './give.ts';
import { addDocument, describeRoutes } from './document.ts';
import { addPages } from './routes/pages.ts';
import { addProbes } from './routes/probes.ts';
import { addSessions } from './routes/sessions.ts';
import { addTokens } from './routes/tokens.ts';
import { addTranscripts } from './routes/transcripts.ts';
import { addEvents } from './routes/events.ts';
import { addLive } from './routes/live.ts';
import type { Shown } from './shown.ts';
import { answerUnknown } from './unknown.ts';

export interface AppOptions extends FrameworkOptions {
  shown: Shown;
}

/** Ready to answer; `app.server` is the listener, not yet listening. */
export async function createApp({ shown, ...options }: AppOptions): Promise<App> {
  const app = createFramework(options);
  app.decorateReply('answer', function leave(this, answer: Answer) {
    const { is404, routeOptions, headers } = this.request;
    const isPage = is404 || routeOptions.config.isPage === true;
    return give(this, isPage ? shown.pages.shown(answer, headers) : answer);
  });
  await describeRoutes(app);
  addGate(app, { trust: options.trust, access: shown.access });
  answerFailures(app, shown.log);
  answerUnknown(app);
  for (const add of [addPages, addSessions, addTokens, addEvents, addLive, addTranscripts, addProbes]) add(app, shown);
  addDocument(app);
  await app.ready();
  return app;
}
