/**
 * Context that goes along into new threads: the bindings of `AsyncLocalStorage`s that modules have given a name, copied at `start()`; and into tasks of a
 * pool, copied at `submit()`.
 *
 * A storage is an object of one thread; its name is what the same storage of another thread is found by. Storages without a name, and threads that
 * are started without any binding, cost nothing but a look at one word.
 */
import { i32 } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { THREAD } from '../memory/layout.ts';
import { storeMessage, takeMessage } from '../memory/message.ts';

/** What a context is carried by: Node's `AsyncLocalStorage`, or what behaves like it (TC39's `AsyncContext.Variable` needs a wrapper of two lines). */
export interface ContextStorage<T = unknown> {
  getStore(): T | undefined;
  run<R>(store: T, action: () => R): R;
}

/**
 * What a thread's or a task's context is: `'inherit'`, the bindings of the caller of `start()` or `submit()`; `'empty'`, none; or values by name. Values are cloned, as arguments
 * are.
 */
export type ThreadContext = 'inherit' | 'empty' | Readonly<Record<string, unknown>>;

const storages = new Map<string, ContextStorage>();

/** A storage of whatever type. */
interface AnyStorage {
  getStore(): unknown;
  run(store: never, action: () => unknown): unknown;
}

/**
 * Lets a storage's binding go along into threads and tasks of a pool: what `storage.getStore()` gives where a thread is started or a task submitted, it gives inside too (a copy,
 * as of an argument; shareables are shared). Call it at module level, in a module that the thread's target imports too, so that the
 * thread knows the storage by the same name. Returns the storage. Never blocks.
 *
 * Throws `TypeError` for what is no storage and for an empty name, and `ThreadStateError` if another storage has that name. Source: the `context`
 * of Python 3.14's threads; as there with free threading, it is inherited unless `context` says otherwise.
 *
 * @example
 * ```ts
 * export const request = shareContext('request', new AsyncLocalStorage<{ id: number }>());
 * export const handle = task(import.meta, function handle() { return request.getStore()?.id; });
 * main(import.meta, async () => {
 *   const thread = request.run({ id: 7 }, () => new Thread(handle).start());
 *   console.log(await thread.resultAsync()); // => 7
 * });
 * ```
 */
export function shareContext<S extends AnyStorage>(name: string, storage: S): S {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(
      `shareContext: name must be a non-empty string, got ${String(name)} (${typeof name})`,
    );
  const given = storage as Partial<ContextStorage> | null | undefined;
  if (typeof given?.getStore !== 'function' || typeof given.run !== 'function') {
    throw new TypeError(
      `shareContext: expected an AsyncLocalStorage, or an object with getStore() and run(), got ${String(storage)} (${typeof storage})`,
    );
  }
  const known = storages.get(name);
  if (known !== undefined && known !== storage)
    throw new ThreadStateError(
      `shareContext: another storage is called "${name}"; give one of them another name`,
    );
  storages.set(name, storage as unknown as ContextStorage);
  return storage;
}

/** Checks what a thread or a task is told about its context. */
export function checkedContext(context: unknown, place: string): ThreadContext | undefined {
  if (context === undefined || context === 'inherit' || context === 'empty') return context;
  if (typeof context === 'object' && context !== null && !Array.isArray(context))
    return context as ThreadContext;
  throw new TypeError(
    `${place}: context must be 'inherit', 'empty' or an object with values by name, got ${String(context)} (${typeof context})`,
  );
}

/** What the named storages hold here and now; `undefined` when they hold nothing. */
export function currentBindings(): Readonly<Record<string, unknown>> | undefined {
  let bindings: Record<string, unknown> | undefined;
  for (const [name, storage] of storages) {
    const store = storage.getStore();
    if (store !== undefined) (bindings ??= {})[name] = store;
  }
  return bindings;
}

/** Stores the bindings that go along and returns their message, 0 for none. Throws `NotShareableError`. */
export function captureContext(context: ThreadContext | undefined): number {
  if (context === 'empty') return 0;
  if (typeof context === 'object')
    return Object.keys(context).length === 0 ? 0 : storeMessage(context, 'context');
  if (storages.size === 0) return 0;
  const bindings = currentBindings();
  return bindings === undefined ? 0 : storeMessage(bindings, 'context');
}

/** Calls `action` with the bindings that were stored for a thread, whose target has been imported by now. */
export function withinContext<R>(record: number, action: () => R): R {
  const message = i32[record + THREAD.contextMessage]!;
  if (message === 0) return action();
  i32[record + THREAD.contextMessage] = 0;
  return withinBindings(message, 'Thread', action);
}

/** Calls `action` with the bindings in a message, which it frees. */
export function withinBindings<R>(message: number, what: string, action: () => R): R {
  const bindings = Object.entries(takeMessage(message) as Record<string, unknown>);
  return bindings.reduceRight<() => R>((inner, [name, store]) => {
    const storage = storages.get(name);
    if (storage === undefined) {
      throw new ThreadStateError(
        `${what}: its context has a value for "${name}", but no module that the thread has imported calls shareContext("${name}", …)`,
      );
    }
    return () => storage.run(store, inner);
  }, action)();
}
