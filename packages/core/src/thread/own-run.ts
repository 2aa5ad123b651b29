/**
 * Classes that extend `Thread` and override `run()`: how another thread finds the class, and which fields go along.
 *
 * ```
 *  here     new Greeter('Ada') ─▶ start(): own fields ──copied──▶ an object of the class over the same record ─▶ run()      there
 *           thread.greeting   ◀── join(), result() ◀────copied─── own fields, as run() left them ◀───────────────┘
 * ```
 *
 * The constructor runs once, here. There the object is made without it, so it has what can be copied and shared, and no `#private` members.
 */
import { NotShareableError } from '../errors.ts';
import { addressOf, task } from './target.ts';
import type { AnyFunction, TargetAddress, Task } from './target.ts';

/** A class by which objects of it are made. */
export type ThreadClass = abstract new (...args: never[]) => object;

/** By class, the task that runs objects of it. */
const runners = new WeakMap<object, Task<AnyFunction>>();
/** The classes that were declared here, by what threads find them by. */
const classes = new Map<string, ThreadClass>();

function keyOf(address: TargetAddress): string {
  return `${address[1]}#${address[2]}`;
}

/** Makes a class known in this thread. `run` runs an object of it, in the thread that it is. */
export function declareClass(
  meta: ImportMeta,
  declared: ThreadClass,
  run: (args: unknown[]) => unknown,
): void {
  const named = (...args: unknown[]): unknown => run(args);
  Object.defineProperty(named, 'name', { value: declared.name });
  const runner = task(meta, named);
  runners.set(declared, runner);
  classes.set(keyOf(addressOf(runner, 'Thread.declare')), declared);
}

/** The task that runs objects of the class. Throws `TypeError` if the class was not declared. */
export function runnerOf(declared: ThreadClass): Task<AnyFunction> {
  const runner = runners.get(declared);
  if (runner !== undefined) return runner;
  const name = declared.name === '' ? 'a class' : declared.name;
  throw new TypeError(
    `${name}: a class that overrides run() must say where threads find it: write "static { this.declare(import.meta); }" into it, and declare it at module level`,
  );
}

/** The class that was declared with that address, if its module was loaded here. */
export function classAt(address: TargetAddress): ThreadClass | undefined {
  return address[0] === 'task' ? classes.get(keyOf(address)) : undefined;
}

/** What goes along: the own enumerable fields, but for the handle's own. */
export function fieldsOf(thread: object): Record<string, unknown> {
  const { at: _at, notCloneable: _notCloneable, ...fields } = thread as { at: number; notCloneable: symbol };
  return fields;
}

/** Adds the cure to what was thrown because a field can't travel. */
export function explainField(error: unknown, going: 'to' | 'from'): unknown {
  if (error instanceof NotShareableError) {
    error.message +=
      going === 'to'
        ? '. The fields of a thread are copied into it at start(): make a function a method, and create in run() what only run() needs'
        : '. The fields of a thread are copied back when run() ends: keep in a local variable what only run() needs';
  }
  return error;
}

/** Adds the cure to the engine's words for a private member that isn't there. */
export function explainPrivate(error: unknown): void {
  if (!(error instanceof TypeError) || error.message.includes('#private')) return;
  if (!/private|must be an instance of/.test(error.message)) return;
  error.message +=
    ": in its own thread the object has no #private members, since its constructor ran where it was created; use TypeScript's private";
}
