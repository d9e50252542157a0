/** Addresses and methods that there are no routes for. */
import { errorAnswer } from './answer.ts';
import type { App } from './framework.ts';
import { pathOf } from './target.ts';

interface Known {
  pattern: RegExp;
  methods: Set<string>;
  isPage: boolean;
}

/** Says 404, or 405 with the methods that the address takes. Has to be called before the routes are added. */
export function answerUnknown(app: App): void {
  const known = new Map<string, Known>();
  app.addHook('onRoute', ({ url, method, config }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set(), isPage: config?.isPage === true };
    for (const each of [method].flat()) entry.methods.add(each);
    known.set(url, entry);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.raw.url ?? '');
    const found = [...known.values()].find(({ pattern }) => pattern.test(path));
    if (found === undefined) return reply.answer(errorAnswer('not_found'));
    const allow = [...found.methods].toSorted().join(', ');
    return reply.answer(errorAnswer('method_not_allowed', { headers: { allow } }));
  });
}

/** `/sessions/:slug` as a pattern of paths. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
}
