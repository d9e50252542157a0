/** Actor slots that must be filled by `.provide()`; an unfilled one is an error that names it, never silence. */
import { fromCallback, fromPromise } from 'xstate';
import type { EventObject, NonReducibleUnknown } from 'xstate';

/** A callback actor that has to be provided. */
export function callbackSlot<TCommand extends EventObject, TInput extends NonReducibleUnknown = NonReducibleUnknown>(
  name: string,
) {
  return fromCallback<TCommand, TInput>(() => {
    throw new Error(`Actor "${name}" is not provided.`);
  });
}

/** A promise actor that has to be provided. */
export function promiseSlot<TOutput, TInput extends NonReducibleUnknown = NonReducibleUnknown>(name: string) {
  return fromPromise<TOutput, TInput>(() => Promise.reject(new Error(`Actor "${name}" is not provided.`)));
}
