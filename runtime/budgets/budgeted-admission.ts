/** Admission within the budget of a publisher's key: refused at once beyond it, and cut when it is used up. */
import type {
  Authorise,
  PublishDecision,
  PublisherConnection,
  PublisherSink,
  PublishRequest,
} from '../../actors/ports.ts';
import { errors } from '../../machines/errors.ts';
import type { ErrorRow } from '../../machines/errors.ts';
import type { KeyBudgets, KeyUse } from './key-budgets.ts';

/** `authorise` decides about those that the budgets let through. */
export function budgeted(authorise: Authorise, budgets: KeyBudgets): Authorise {
  return async (request, connection) => {
    const use = budgets.begin(request.token, request.name);
    if ('refusal' in use) {
      const { sentence, rtmpCode = 'NetStream.Failed' }: ErrorRow = errors[use.refusal];
      return { accepted: false, code: rtmpCode, description: sentence };
    }
    const decision = await decide(authorise, request, connection, use);
    if (!decision.accepted) return decision;
    return { accepted: true, sink: metered(decision.sink, use, connection) };
  };
}

/** A use that came to nothing is given back. */
async function decide(...[authorise, request, connection, use]: Deciding): Promise<PublishDecision> {
  try {
    const decision = await authorise(request, connection);
    if (!decision.accepted) use.end();
    return decision;
  } catch (error) {
    use.end();
    throw error;
  }
}

type Deciding = [authorise: Authorise, request: PublishRequest, connection: PublisherConnection, use: KeyUse];

function metered(sink: PublisherSink, use: KeyUse, connection: PublisherConnection): PublisherSink {
  let isCut = false;
  return {
    audio: (tag) => {
      if (isCut) return;
      if (use.goesOn()) return sink.audio(tag);
      isCut = true;
      connection.disconnect(errors.key_minutes_spent.sentence);
    },
    closed: (end) => {
      use.end();
      sink.closed(end);
    },
  };
}
