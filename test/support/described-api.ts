/** `GET /openapi.json` as a test reads it: what each operation may answer, and whether an answer is one of these. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorCode } from '../../machines/errors.ts';

interface Media {
  schema: object;
  example?: unknown;
  examples?: Readonly<Record<string, { value: unknown }>>;
}

interface DescribedResponse {
  description: string;
  content?: Readonly<Record<string, Media>>;
  headers?: Readonly<Record<string, object>>;
}

/** As much of the document as is looked at. */
export interface ApiDocument {
  openapi: string;
  paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

interface DescribedOperation {
  operationId: string;
  responses: Readonly<Record<string, DescribedResponse>>;
  parameters?: readonly Media[];
  requestBody?: { content: Readonly<Record<string, Media>> };
  externalDocs?: { url: string };
}

export interface Operation extends DescribedOperation {
  /** Upper case. */
  method: string;
  /** With its parameters in braces. */
  path: string;
}

/** One thing that an operation may answer. */
export interface Case {
  status: number;
  /** When it is an error. */
  code?: ErrorCode;
}

/** An answer as it came. */
export interface Seen {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export class DescribedApi {
  readonly operations: readonly Operation[];
  readonly #ajv: Ajv2020;

  constructor(document: ApiDocument) {
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({ ...described, path, method: method.toUpperCase() })),
    );
    this.#ajv = new Ajv2020({ strict: false });
    this.#ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    this.#ajv.addSchema(document, 'api');
  }

  /** What is wrong with an answer, by the document; undefined when nothing is. */
  faultOf({ method, path, responses }: Operation, { status, headers, body }: Seen): string | undefined {
    const response = responses[status];
    if (response === undefined) return `${status} is not documented`;
    const missing = Object.keys(response.headers ?? {}).find((name) => headers[name] === undefined);
    if (missing !== undefined) return `${status} lacks the header ${missing}`;
    if (response.content === undefined) return body === '' ? undefined : `${status} has a body: ${body}`;
    const [type = ''] = String(headers['content-type']).split(';');
    if (response.content[type] === undefined) return `${status} is ${type}, which is not documented`;
    if (type !== 'application/json') return body === '' ? `${status} has no body` : undefined;
    const at = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
    return this.#mismatch(at, JSON.parse(body));
  }

  /** Examples of parameters, bodies and answers that are not what their schema says. */
  falseExamples(): string[] {
    return this.operations.flatMap(({ operationId, method, path, responses, parameters = [], requestBody }) => {
      const base = ['paths', path, method.toLowerCase()];
      const bodies = Object.entries(requestBody?.content ?? {}).map(
        ([type, media]) => [[...base, 'requestBody', 'content', type], media] as const,
      );
      const answers = Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.entries(content).map(
          ([type, media]) => [[...base, 'responses', status, 'content', type], media] as const,
        ),
      );
      const asked = parameters.map((media, index) => [[...base, 'parameters', String(index)], media] as const);
      return [...asked, ...bodies, ...answers].flatMap(([at, media]) =>
        examplesOf(media).flatMap((example) => {
          const mismatch = this.#mismatch([...at, 'schema'], example);
          return mismatch === undefined ? [] : [`${operationId} ${at.join(' ')}: ${mismatch}`];
        }),
      );
    });
  }

  #mismatch(at: readonly string[], value: unknown): string | undefined {
    const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.#ajv.getSchema(`api#/${pointer}`);
    if (validate === undefined) return `there is no schema at ${pointer}`;
    return validate(value) === true ? undefined : this.#ajv.errorsText(validate.errors);
  }
}

function examplesOf({ example, examples = {} }: Media): unknown[] {
  const several = Object.values(examples).map(({ value }) => value);
  return example === undefined ? several : [example, ...several];
}

/** Everything that an operation may answer: each status, and each code of a status that is an error. */
export function casesOf({ responses }: Operation): Case[] {
  return Object.entries(responses).flatMap(([status, { content = {} }]) => {
    const codes = codesOf(content['application/json']?.schema);
    return codes.length === 0
      ? [{ status: Number(status) }]
      : codes.map((code) => ({ status: Number(status), code: code as ErrorCode }));
  });
}

interface ErrorSchema {
  properties?: { error?: { properties: { code: { enum: string[] } } } };
}

function codesOf(schema: object | undefined): string[] {
  const described: ErrorSchema | undefined = schema;
  return described?.properties?.error?.properties.code.enum ?? [];
}
