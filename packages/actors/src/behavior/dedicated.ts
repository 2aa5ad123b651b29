/**
 * Dedicated actors: a function on a thread of its own, which may block and burn. To its supervisor it is a child like any other, and so its thread is supervised: an error, `process.exit()`, memory
 * that runs out and `terminate()` are ends with reasons.
 *
 * A cell stands for it on the thread that spawned it and carries messages to a queue that the thread blocks on: all that come, or, if its mailbox has a bound or an order, one each time that the
 * thread asks for one. Until then the cell counts as busy, and what waits, waits in its mailbox. When the thread ends, what is left in the queue goes
 * back into the cell's mailbox, for the next instance or to the dead letters.
 */
import { Event, Queue, SimpleQueue, Thread, ThreadDiedError } from '@heddle/core';
import type { OpenAsk } from '../runtime/ask.ts';
import { dedicatedThread, registerFunction } from '../runtime/dedicated-thread.ts';
import type { DedicatedFunction, Ended, Inward, Outward } from '../runtime/dedicated-thread.ts';
import { AdapterRef } from '../runtime/local-ref.ts';
import type { ActorRef } from '../runtime/ref.ts';
import { Packing, inWords } from '../runtime/wire.ts';
import type { Border, Placeholder } from '../runtime/wire.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
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
 * Its messages can carry refs and replies, which answer through the thread that spawned it. Throws as `actor` does.
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

/** The way to the thread and back. */
class Line implements Border {
  readonly #context: Context<unknown>;
  readonly #inbox = new Queue<Inward>();
  readonly #outbox = new SimpleQueue<Outward>();
  readonly #stopEvent = new Event();
  readonly #packing: Packing = new Packing(this);
  readonly #refs = new Map<number, ActorRef<never>>();
  readonly #replies = new Map<number, OpenAsk>();
  readonly #ended: Promise<void>;
  readonly #thread: Thread;
  /** Messages are handed over one by one, when they are asked for. */
  readonly #oneByOne: boolean;
  #onMore: (() => void) | undefined;
  #asks = 0;
  #isOver = false;

  constructor(
    context: Context<unknown>,
    module: string,
    name: string,
    args: readonly unknown[],
    maxHeapMiB: number | undefined,
  ) {
    this.#context = context;
    this.#oneByOne = context.cell.options.mailbox !== undefined;
    const { bonds } = context.cell;
    // A stop on its way sets it before its turn comes.
    bonds.stopEvent = this.#stopEvent;
    const packed = this.#packing.pack(args) as readonly unknown[];
    const thread = new Thread(dedicatedThread, {
      args: [module, name, this.#inbox, this.#outbox, this.#stopEvent, packed, this.#oneByOne],
      name: context.path,
      daemon: true,
      maxHeapMiB,
    }).start();
    this.#thread = thread as unknown as Thread;
    context.cell.runtime.node?.hasStarted([this.#thread, this.#inbox, context.path]);
    bonds.onKill = () => void this.#thread.terminate();
    const received = this.#receive();
    this.#ended = thread
      .resultAsync()
      .then(reasonOf, (error: unknown) =>
        error instanceof ThreadDiedError ? exit.threadDiedWith(error.message) : exit.error(error),
      )
      .then(async reason => {
        // What it sent before its end comes before its end.
        this.#outbox.put(['end']);
        await received;
        this.#over(reason);
      });
  }

  carry(message: unknown): Promise<void> | undefined {
    const packed = this.#packing.pack(message);
    try {
      this.#inbox.putNowait([packed, this.#packing.found]);
      if (this.#oneByOne) return new Promise(resolve => (this.#onMore = resolve));
    } catch (error) {
      const { cell } = this.#context;
      cell.deadLetter(message, 'notShareable');
      cell.callbackFailed('tell', inWords(error, 0, 'message'));
    }
    return undefined;
  }

  /** The hook of the cell's end. */
  stop(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#stopEvent.set();
    // In a restart of a group the next instance handles what waits.
    if (!this.#context.cell.drains) this.#takeBack();
    this.#inbox.shutdown();
    return this.#ended;
  }

  #over(reason: ExitReason): void {
    const { cell } = this.#context;
    this.#isOver = true;
    this.#takeBack();
    // After a kill nobody waits for this.
    if (!cell.alive || cell.context !== (this.#context as unknown)) return;
    if (reason.type === 'error') cell.reportCrash(reason);
    cell.signal({ kind: 'stop', reason, drain: false });
    if (cell.stopRequested && reason.type !== 'normal') cell.lastReason = reason;
    this.#onMore?.();
  }

  #takeBack(): void {
    const left: unknown[] = [];
    for (let taken = this.#next(); taken !== undefined; taken = this.#next()) {
      const [message, packed] = taken;
      left.push(packed ? this.#packing.unpack(message) : message);
    }
    const { cell } = this.#context;
    if (cell.alive || cell.open) cell.putBack(left);
    else for (const message of left) cell.deadLetter(message, 'stopped');
  }

  #next(): Inward | undefined {
    try {
      return this.#inbox.tryGet()?.value;
    } catch {
      return undefined; // Shut down.
    }
  }

  async #receive(): Promise<void> {
    for (;;) {
      const packet = await this.#outbox.getAsync();
      if (packet[0] === 'end') return;
      if (packet[0] === 'more') {
        this.#onMore?.();
        continue;
      }
      const [kind, number, value] = packet;
      if (kind === 'fail') {
        this.#reply(number)?.fail(value);
        continue;
      }
      const unpacked = packet[3] ? this.#packing.unpack(value) : value;
      if (kind === 'tell') this.#refs.get(number)?.tell(unpacked as never);
      else this.#reply(number)?.tell(unpacked);
    }
  }

  #reply(ask: number): OpenAsk | undefined {
    const reply = this.#replies.get(ask);
    this.#replies.delete(ask);
    return reply;
  }

  refLeaves(ref: ActorRef<never>): Placeholder {
    const id = ref instanceof AdapterRef ? ref.address : ref.id;
    this.#refs.set(id, ref);
    return { '\0heddle': 'ref', id, path: ref.path };
  }

  replyLeaves(reply: OpenAsk): Placeholder {
    const ask = (this.#asks += 1);
    this.#replies.set(ask, reply);
    return { '\0heddle': 'reply', slot: 0, ask };
  }

  refArrives(id: number): unknown {
    return this.#refs.get(id);
  }

  replyArrives(_slot: number, ask: number): unknown {
    return this.#replies.get(ask);
  }
}

function reasonOf(ended: Ended): ExitReason {
  return ended[0] === 'returned' ? exit.normal : exit.error(ended[1]);
}
