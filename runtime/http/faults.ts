/**
 * What is wrong with a body or a query that its schema has refused, in sentences that name each field and what was
 * expected, all of them at once.
 *
 * Each field is looked at by itself and only up to its first fault: a validator that goes on after a fault can be kept
 * busy for half a second by 64 KiB of small ones.
 */
import type { FastifyRequest } from 'fastify';

/** As much of a schema of an object as sentences are made of. */
export interface ObjectSchema {
  properties: Readonly<Record<string, { 'x-expected'?: string }>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  if?: object;
  then?: object;
  /** What `then` is for, as a sentence. */
  'x-expected'?: string;
}

/** Longest part of a name of the client's that is repeated. */
const NAME_MAX = 40;
/** Sentences of one answer. */
const FAULTS_MAX = 20;

/** @param data What the schema of the request refuses. */
export function faultsOf(request: FastifyRequest, schema: ObjectSchema, data: unknown): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'The body must be an object.';
  const { properties, required = [], additionalProperties = true, if: condition, then } = schema;
  const faults = Object.entries(data).flatMap(([name, value]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) return additionalProperties ? [] : [unknownField(name, properties)];
    return request.validateInput(value, property) ? [] : [`${name} must be ${property['x-expected'] ?? 'given once'}.`];
  });
  for (const name of required) if (!Object.hasOwn(data, name)) faults.push(`${name} must be given.`);
  if (condition !== undefined && !request.validateInput(data, conditional(condition, then))) {
    faults.push(schema['x-expected'] ?? '');
  }
  return faults.slice(0, FAULTS_MAX).join(' ');
}

function unknownField(name: string, properties: ObjectSchema['properties']): string {
  return `${name.slice(0, NAME_MAX)} is not known (${Object.keys(properties).join(', ')}).`;
}

const conditionals = new WeakMap<object, object>();

/** The condition of a schema by itself; the same object each time, as compiled validators are kept by it. */
function conditional(condition: object, then: object | undefined): object {
  const known = conditionals.get(condition);
  if (known !== undefined) return known;
  // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
  const made = { type: 'object', if: condition, then };
  conditionals.set(condition, made);
  return made;
}
