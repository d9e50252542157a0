/** For routes that read a body: everywhere else there is no parser, and a body is not read. */
import type { OnLimit } from '../../actors/limit-names.ts';
import { isTooDeep } from '../../actors/json-levels.ts';
import { BodyTooDeep } from './failures.ts';
import type { App } from './framework.ts';

/** `app`, a scope of its own, reads JSON and nothing else. */
export function readJson(app: App, onLimit: OnLimit | undefined): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, parsed) => {
    if (isTooDeep(body)) {
      onLimit?.('json_levels');
      parsed(new BodyTooDeep());
    } else void parse(request, body, parsed);
  });
}
