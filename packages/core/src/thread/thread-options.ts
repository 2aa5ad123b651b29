/** What `new Thread` is given: a target and how it is set up, told apart and checked. */
import { ThreadStateError } from '../errors.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { wholeNumber } from '../sync/options.ts';
import type { ThreadContext } from './context.ts';
import { host } from './host.ts';

/** How a thread is set up. */
export interface ThreadOptions<A extends readonly unknown[] = readonly unknown[]> extends NameOptions {
  /** What the function is called with: any structured-cloneable values (copied) and shareables (the same memory), at any depth. A bare `SharedArrayBuffer` can't travel: use a `SharedBuffer` or `SharedArray`. */
  args?: A | undefined;
  /** A daemon doesn't keep the program alive. Inherited from the thread that creates it; false in the main thread. */
  daemon?: boolean | undefined;
  /** Runs in a fresh worker (a new realm with nothing imported) that is used for nothing else. Costs 15–60 ms. */
  isolated?: boolean | undefined;
  /** What the storages named by `shareContext` hold in the thread; default `'inherit'`: what they hold where `start()` is called. */
  context?: ThreadContext | undefined;
  /** ArrayBuffers within `args` that are given away: they are detached here when `start()` returns. Their bytes are copied all the same; what isn't copied at all is a `SharedBuffer`. */
  transfer?: readonly ArrayBuffer[] | undefined;
  /** Limits the JavaScript heap of the thread, in MiB; implies `isolated`. Best effort: the platform's limit is. */
  maxHeapMiB?: number | undefined;
}

/** What a thread's options are called. */
export const OPTION_NAMES: ReadonlySet<string> = new Set([
  'args',
  'context',
  'daemon',
  'isolated',
  'maxHeapMiB',
  'name',
  'transfer',
]);

/** What options are not: a function, or a module. */
export interface NoTarget {
  readonly call?: never;
  readonly module?: never;
}

/** A marker in place of a target: the record of a thread that Heddle didn't start. */
export interface Foreign {
  readonly foreignFlags: number;
}

export function isForeign(target: unknown): target is Foreign {
  return typeof target === 'object' && target !== null && 'foreignFlags' in target;
}

/** What the constructor was given: a target and options, or options alone. */
export function readGiven(
  given: readonly unknown[],
  runsOwn: boolean,
): { target: unknown; options: ThreadOptions | undefined } {
  const [first, second] = given as [unknown, ThreadOptions | undefined];
  if (given.length === 0 || areOptions(first))
    return { target: undefined, options: first as ThreadOptions | undefined };
  if (first === undefined && runsOwn) return { target: undefined, options: second };
  if (first === undefined) {
    throw new TypeError(
      'Thread: target must be a task, { module, export } or a function, got undefined (undefined); for a thread that does nothing write new Thread()',
    );
  }
  return { target: first, options: second };
}

/** Checks what a thread is set up with; the usual mistake is Python's way of writing, with the arguments alone. */
export function checkThreadOptions(options: unknown, place: string, known: ReadonlySet<string>): void {
  if (options === undefined || options === null) return;
  checkOptions(options, place, '{ args: [1, 2] }');
  checkNames(options, known, place);
}

function areOptions(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).every(each => OPTION_NAMES.has(each))
  );
}

export function checkedArgs(args: unknown): readonly unknown[] {
  if (args === undefined) return [];
  if (!Array.isArray(args))
    throw new TypeError(`Thread: args must be an array, got ${String(args)} (${typeof args})`);
  return args as readonly unknown[];
}

/** A name as it is given, `''` for none. As in Python a number is one, too. Throws `TypeError` for what has no text of its own. */
export function nameText(name: unknown, place: string): string {
  if (typeof name === 'string') return name;
  if (name === undefined || name === null || name === 0 || name === false) return '';
  if (typeof name === 'number' || typeof name === 'bigint') return String(name);
  throw new TypeError(`${place} must be a string, got ${String(name)} (${typeof name})`);
}

/** The limit of its heap; 0 for none. */
export function checkedHeapMiB(maxHeapMiB: number | undefined): number {
  if (maxHeapMiB === undefined) return 0;
  const heapMiB = wholeNumber(maxHeapMiB, 8, 0x7fff_ffff, 'Thread: maxHeapMiB');
  if (host.limitsHeap) return heapMiB;
  throw new ThreadStateError(
    `Thread: maxHeapMiB: ${heapMiB} can't be kept to: workers have no heap limit in Bun and in browsers; leave it out there`,
  );
}
