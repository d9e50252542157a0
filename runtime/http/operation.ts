/** How a route is described: once, for the document, for the gate and for whoever reads the code. */
import { denialCodes } from '../access/port.ts';
import type { Scope } from '../access/port.ts';
import { errorResponses } from './error-responses.ts';
import type { ErrorCase, ResponseDescription } from './error-responses.ts';

/** What one must be allowed to do. */
export interface RouteAccess {
  scope: Extract<Scope, 'view' | 'admin'>;
  /** Of what: the session of the address, or any session at all; the route then sees which. */
  of: 'session' | 'any';
}

export interface OperationOptions {
  id: string;
  tag: 'sessions' | 'viewing' | 'pages' | 'probes';
  summary: string;
  description?: string;
  access?: RouteAccess;
  isPage?: true;
  isProbe?: true;
  /** Of the whole document. */
  answers: Readonly<Record<number, ResponseDescription>>;
  /** Codes of the error table that it may answer with, beyond those of every route. */
  errors?: readonly ErrorCase[];
}

/** By a header, by the query (where headers cannot be set), or not at all where tokens are off. */
export const security = [{ bearer: [] }, { token: [] }, {}];

/** Fields of a route's schema and its config. */
export function operation(options: OperationOptions) {
  const { id, tag, summary, description, access, isPage = false, isProbe = false, answers, errors = [] } = options;
  const refusals: ErrorCase[] = ['bad_request', ['bad_request', 408], ['bad_request', 431], ...errors];
  if (!isProbe) refusals.push('host_refused');
  if (access !== undefined) refusals.push(...denialCodes);
  return {
    config: { access, isPage, isProbe },
    schema: {
      operationId: id,
      tags: [tag],
      summary,
      ...(description !== undefined && { description }),
      ...(access !== undefined && { security }),
      response: { ...responses(answers), ...errorResponses(refusals, isPage) },
    },
  };
}

/** Without content a response has no body. */
function responses(answers: OperationOptions['answers']): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      answer.content === undefined ? { type: 'null', ...answer } : answer,
    ]),
  );
}
