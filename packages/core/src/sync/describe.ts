/** How the primitives call themselves in errors, and what they all say when time has run out. */
import { TimeoutError } from '../errors.ts';
import type { WaitOptions } from './options.ts';

/** `Lock "balance"`, or `Lock` when it has no name. */
export function describe(type: string, object: { name: string }): string {
  return object.name === '' ? type : `${type} "${object.name}"`;
}

export function notAcquired(
  type: string,
  object: { name: string },
  options: WaitOptions | undefined,
): TimeoutError {
  return new TimeoutError(`${describe(type, object)}: not acquired within ${options?.timeout} ms`);
}
