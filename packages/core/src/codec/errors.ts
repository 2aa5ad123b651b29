/**
 * What of an error travels, and how it is made whole again: class, name, message, stack, cause, errors, code and own enumerable properties.
 * A class that the receiver has registered is revived as itself, without running its constructor; any other becomes its nearest builtin class, under its own name.
 */
import * as heddle from '../errors.ts';
import { corrupt } from './corrupt.ts';

type ErrorClass = abstract new (...parameters: never[]) => Error;

/** In the order of their number in an ERROR record: never reorder, only append. */
const BUILTINS = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
  'SuppressedError',
] as const;
const DOM_EXCEPTION = 15;

const builtins = BUILTINS.map(
  name => (globalThis as unknown as Record<string, ErrorClass | undefined>)[name],
);
const DOMExceptionClass = (globalThis as { DOMException?: new (message: string, name: string) => Error })
  .DOMException;

const classes = new Map<string, ErrorClass>();

/**
 * Makes errors of a class of yours arrive as instances of it on every thread that registers it too: call it at the top level of the module that defines the class.
 * Others arrive as the nearest class of the language, under their own name. Messages, stacks, causes and own properties travel, private fields don't, and the constructor isn't run.
 *
 * The class is known by the `name` on its prototype if it has one of its own (a bundler can't change that), and by the name of its constructor otherwise.
 *
 * @param constructor - The class. Throws `TypeError` for what is no class of errors, and for a class without a name.
 *
 * @example
 * export class NoTeaError extends Error {
 *   static { this.prototype.name = 'NoTeaError'; }
 * }
 * registerErrorClass(NoTeaError);
 *
 * export const brew = task(import.meta, function brew(): string {
 *   throw new NoTeaError('the tin is empty');
 * });
 *
 * main(import.meta, async () => {
 *   await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
 *   await pool.submit(brew).catch(error => console.log(error instanceof NoTeaError)); // => true
 * });
 */
export function registerErrorClass(constructor: ErrorClass): void {
  const { prototype } = (constructor ?? {}) as { prototype?: unknown };
  if (typeof constructor !== 'function' || !(prototype instanceof Error))
    throw new TypeError(
      `registerErrorClass: expected a class that extends Error, got ${String(constructor)} (${typeof constructor})`,
    );
  const name = nameOfClass(constructor);
  if (name === '')
    throw new TypeError(
      'registerErrorClass: the class has no name by which other threads could know it: give its prototype one',
    );
  classes.set(name, constructor);
}

for (const exported of Object.values(heddle)) {
  if (typeof exported === 'function' && exported.prototype instanceof Error)
    registerErrorClass(exported as ErrorClass);
}

function nameOfClass(constructor: { readonly name: string; readonly prototype?: object }): string {
  // By its descriptor: on DOMException.prototype `name` is a getter that refuses the prototype.
  const own = Object.getOwnPropertyDescriptor(constructor.prototype ?? {}, 'name')?.value as unknown;
  return typeof own === 'string' ? own : constructor.name;
}

export interface ErrorRecord {
  builtin: number;
  className: string;
  name: string;
  message: string | undefined;
  stack: string | undefined;
  /** Own properties that `for…in` does not show. */
  hidden: readonly string[];
  visible: readonly string[];
}

/** Own and not enumerable in the language, or by Node's habit. */
const HIDDEN_KEYS = ['cause', 'errors', 'error', 'suppressed', 'code', 'name'];
/** Has a place of its own in the record. */
const PLACED_KEYS = new Set(['message', 'stack']);

function readText(error: object, key: string): string | undefined {
  try {
    const value = (error as Record<string, unknown>)[key];
    return value === undefined ? undefined : String(value);
  } catch {
    return undefined;
  }
}

export function describeError(error: Error): ErrorRecord {
  const builtin = nearestBuiltin(error);
  const enumerable = (key: string): boolean => Object.prototype.propertyIsEnumerable.call(error, key);
  const name = readText(error, 'name') ?? 'Error';
  const { constructor } = error as { constructor?: unknown };
  return {
    builtin,
    className: typeof constructor === 'function' ? nameOfClass(constructor as ErrorClass) : name,
    name,
    message:
      builtin === DOM_EXCEPTION || Object.hasOwn(error, 'message') ? readText(error, 'message') : undefined,
    stack: readText(error, 'stack'),
    hidden: HIDDEN_KEYS.filter(key => Object.hasOwn(error, key) && !enumerable(key)),
    visible: Object.keys(error).filter(key => !PLACED_KEYS.has(key)),
  };
}

function nearestBuiltin(error: Error): number {
  if (DOMExceptionClass !== undefined && error instanceof DOMExceptionClass) return DOM_EXCEPTION;
  for (let i = builtins.length - 1; i > 0; i--) {
    const constructor = builtins[i];
    if (constructor !== undefined && error instanceof constructor) return i;
  }
  // Of another realm: its prototypes are strangers, their names aren't.
  for (let at: object | null = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.hasOwn(at, 'name') ? BUILTINS.indexOf((at as { name: never }).name) : -1;
    if (found > 0) return found;
  }
  return 0;
}

interface StackLimit {
  stackTraceLimit?: number;
}

/** Creates the error without its properties, which may refer to it. */
export function createError(
  builtin: number,
  className: unknown,
  name: unknown,
  message: unknown,
  stack: unknown,
): Error {
  if (typeof className !== 'string' || typeof name !== 'string') return corrupt('an error has no name');
  if (message !== undefined && typeof message !== 'string')
    return corrupt('the message of an error is no text');
  const error = withoutStack(() => construct(builtin, className, name, message));
  if (stack !== undefined) setHidden(error, 'stack', stack);
  return error;
}

function construct(builtin: number, className: string, name: string, message: string | undefined): Error {
  if (builtin === DOM_EXCEPTION && DOMExceptionClass !== undefined)
    return new DOMExceptionClass(message ?? '', name);
  const base = builtins[builtin] ?? Error;
  const known = className === BUILTINS[builtin] ? base : classes.get(className);
  const error = Reflect.construct(Error, message === undefined ? [] : [message], known ?? base) as Error;
  if (known === undefined) {
    // A class that never set `name` shows the one of its builtin ancestor: its own says more.
    const shown = name === base.prototype.name ? className : name;
    if (shown !== error.name) setHidden(error, 'name', shown);
  }
  return error;
}

/** The stack of the reviving thread is of no interest, and capturing it is what errors cost most. */
function withoutStack<T>(make: () => T): T {
  const host = Error as StackLimit;
  const limit = host.stackTraceLimit;
  if (typeof limit !== 'number') return make();
  try {
    host.stackTraceLimit = 0;
    return make();
  } finally {
    host.stackTraceLimit = limit;
  }
}

/** Defines an own property as the language defines `message` and `cause`. */
export function setHidden(error: object, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}

/** Defines an own property as assignment does, but never calls a setter: `code` of a `DOMException` has none, and an assignment would throw. */
export function setOwn(error: object, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: true, configurable: true });
}
