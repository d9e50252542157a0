/** What a file of page tests needs: a browser where there is one, and a server whose sessions the test makes up. */
import type { Test } from 'tap';
import type { BrowserContextOptions } from 'playwright-core';
import { findBrowser, launchBrowser, visit } from './browser.ts';
import type { Visit } from './browser.ts';
import { startHttp } from './http-server.ts';
import type { TestHttp } from './http-server.ts';
import type { HttpServerOptions } from '../../runtime/http.ts';
import { ScriptedSessions } from './scripted-sessions.ts';

export interface ScriptedPages {
  /** Why there is no browser; false when there is one. */
  skip: string | false;
  sessions: ScriptedSessions;
  server: TestHttp;
  /** Opens a page of the server as a fresh visitor. */
  open: (path: string, settings?: BrowserContextOptions) => Promise<Visit>;
}

/** Both are closed when `t` is over. @param options Of the server. */
export async function scriptedPages(
  t: Pick<Test, 'teardown'>,
  options: Partial<HttpServerOptions> = {},
): Promise<ScriptedPages> {
  const found = findBrowser();
  const browser = 'path' in found ? await launchBrowser(found.path) : undefined;
  const sessions = new ScriptedSessions();
  const server = await startHttp({ directory: sessions, ...options });
  t.teardown(async () => {
    await browser?.close();
    await server[Symbol.asyncDispose]();
  });
  return {
    skip: 'missing' in found && found.missing,
    sessions,
    server,
    open: (path, settings) => {
      if (browser === undefined) throw new Error('there is no browser');
      return visit(browser, server.url(path), settings);
    },
  };
}
