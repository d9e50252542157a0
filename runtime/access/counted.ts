/** Every no is counted, whichever listener asked: publishers, viewers, API, metrics and inspector. */
import type { Access, Denial, Grant, OnRefusal, Scope } from './port.ts';

export function counted(access: Access, onRefusal: OnRefusal): Access {
  const seen = (scope: Scope, answer: Grant | Denial): Grant | Denial => {
    if (!answer.allowed) onRefusal(scope, answer.code);
    return answer;
  };
  return {
    ...access,
    onRefusal,
    check: async (request) => seen(request.scope, await access.check(request)),
    checkAny: async (asked) => seen(asked.scope, await access.checkAny(asked)),
  };
}
