/**
 * Dedicated actors: a function on a thread of its own, which may block and burn. To its supervisor it is a child like any other, and so its thread is supervised: an error, `process.exit()`, memory
 * that runs out and `terminate()` are ends with reasons.
 */
import { registerFunction } from '../runtime/dedicated-thread.ts';
import type { DedicatedFunction } from '../runtime/dedicated-thread.ts';
import { Line } from '../runtime/dedicated/line.ts';
import { checkDeclaration, declare } from './actor.ts';
import type { Actor, ActorOptions } from './actor.ts';
import { behavior } from './behavior.ts';
import type { Context } from './context.ts';

/** What the actors of a declaration have in common, and their threads. */
export interface DedicatedOptions<M = never> extends ActorOptions<M> {
  /**
   * Limits the JavaScript heap of its thread, in MiB: running out of it is an end with a reason, and the others go on. A start fails with core's `ThreadStateError` in Bun and browsers, where
   * threads have no limit. Best effort, as core's `maxHeapMiB`. Default: the platform's.
   */
  readonly maxHeapMiB?: number;
}

/**
 * Declares an actor that has a thread to itself: `run` receives messages by blocking for them, and the actor ends when it returns. When asked to stop, it gets what was accepted before, then
 * `receive` says that there is no more; a busy loop looks at `stopEvent`; after its `shutdown` time the thread is terminated.
 *
 * Its messages can carry refs and replies, which answer through the thread that spawned it. `context.ask` and `context.send` block until there is an answer, or room; an async `run` may as well
 * await `ref.ask` and `ref.send`. It can't watch others. Throws as `actor` does.
 *
 * @example
 * export const hasher = dedicated(import.meta, function hasher(context: DedicatedContext<Job>) {
 *   for (const job of context) job.reply.tell(hash(job.text));
 * });
 */
// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
export function dedicated<M, A extends any[]>(
  meta: ImportMeta,
  run: DedicatedFunction<M, A>,
  options: DedicatedOptions<NoInfer<M>> = {},
): Actor<M, A> {
  checkDeclaration('dedicated', meta, run);
  const { maxHeapMiB, ...others } = options;
  if (maxHeapMiB !== undefined && !(Number.isSafeInteger(maxHeapMiB) && maxHeapMiB >= LEAST_HEAP_MIB)) {
    throw new RangeError(
      `dedicated ${run.name}: maxHeapMiB must be a whole number from ${LEAST_HEAP_MIB}, got ${String(maxHeapMiB)} (${typeof maxHeapMiB})`,
    );
  }
  const made: Actor<M, A> = declare<M, A>(
    meta.url,
    run.name,
    (context, ...args) => {
      const line = new Line(context as unknown as Context<unknown>, meta.url, made.name, args, maxHeapMiB);
      return behavior<M>({ receive: message => line.carry(message), stopped: () => line.stop() });
    },
    others as ActorOptions<M>,
  );
  dedicatedActors.add(made);
  registerFunction(`${meta.url}#${made.name}`, run as unknown as DedicatedFunction<never, never[]>);
  return made;
}

/** The least that core takes. */
const LEAST_HEAP_MIB = 8;

const dedicatedActors = new WeakSet<object>();

/** Whether an actor was declared with `dedicated`. */
export function isDedicated(actor: object): boolean {
  return dedicatedActors.has(actor);
}
