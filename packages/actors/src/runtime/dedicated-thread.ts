/** What runs on the thread of a dedicated actor: its function, with a mailbox that it may block on. */
import { QueueShutDownError, task } from '@heddle/core';
import type { Event, Queue, SimpleQueue, Task, WaitOptions } from '@heddle/core';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { OpenAsk } from './ask.ts';
import { ActorRef } from './ref.ts';
import { Packing } from './wire.ts';
import type { Border, Placeholder } from './wire.ts';

/** A message on its way to the thread. */
export type Inward = readonly [message: unknown, packed: boolean];

/** What the thread sends back. */
export type Outward =
  | readonly ['tell', ref: number, message: unknown, packed: boolean]
  | readonly ['reply', ask: number, value: unknown, packed: boolean]
  | readonly ['fail', ask: number, error: unknown]
  /** It wants a message more. */
  | readonly ['more']
  | readonly ['end'];

/** How the function ended. */
export type Ended = readonly ['returned'] | readonly ['threw', error: unknown];

/** What a dedicated actor has of its surroundings. Its methods may block its thread. */
export class DedicatedContext<M> {
  /** Is set when the actor is asked to stop. */
  readonly stopEvent: Event;
  readonly #inbox: Queue<Inward>;
  readonly #packing: Packing;
  readonly #askForMore: (() => void) | undefined;
  /** A message is on its way, or will be as soon as there is one. The first needn't be asked for. */
  #isPromised = true;

  /** @internal */
  constructor(
    inbox: Queue<Inward>,
    stopEvent: Event,
    packing: Packing,
    askForMore: (() => void) | undefined,
  ) {
    this.#inbox = inbox;
    this.stopEvent = stopEvent;
    this.#packing = packing;
    this.#askForMore = askForMore;
  }

  /**
   * Blocks until there is a message, and returns it in a box; `undefined` once the actor has been asked to stop and has had all that it is to handle.
   * Throws core's `QueueEmptyError` when `timeout` milliseconds passed first.
   */
  receive(options?: WaitOptions): { readonly value: M } | undefined {
    let taken: Inward;
    if (!this.#isPromised) this.#askForMore?.();
    this.#isPromised = true;
    try {
      taken = this.#inbox.get(options);
      this.#isPromised = false;
    } catch (error) {
      if (error instanceof QueueShutDownError) return undefined;
      throw error;
    }
    const [message, packed] = taken;
    return { value: (packed ? this.#packing.unpack(message) : message) as M };
  }

  /** All messages; blocks for each, and ends when the actor is to stop. */
  *[Symbol.iterator](): Generator<M, void, undefined> {
    for (let taken = this.receive(); taken !== undefined; taken = this.receive()) yield taken.value;
  }
}

/** A function that may block its thread. */
// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
export type DedicatedFunction<M, A extends any[]> = (context: DedicatedContext<M>, ...args: A) => unknown;

const functions = new Map<string, DedicatedFunction<never, never[]>>();

/** Remembers a function under its module and name. */
export function registerFunction(key: string, run: DedicatedFunction<never, never[]>): void {
  functions.set(key, run);
}

/** A ref in a dedicated actor: what is told to it goes through the thread that started the actor. */
class OutwardRef extends ActorRef<unknown> {
  override readonly id: number;
  override readonly path: string;
  readonly #out: OutwardBorder;

  constructor(out: OutwardBorder, id: number, path: string) {
    super();
    this.#out = out;
    this.id = id;
    this.path = path;
  }

  override tell(message: unknown): void {
    this.#out.send(['tell', this.id, this.#out.packing.pack(message), this.#out.packing.found]);
  }

  override async send(message: unknown): Promise<void> {
    this.tell(message);
  }

  override ask(): never {
    throw new TypeError(
      `ask ${this.path}: a dedicated actor can't ask; tell, and receive the answer as a message`,
    );
  }

  override get alive(): boolean {
    return true;
  }

  override whenStopped(): never {
    throw new TypeError(`whenStopped ${this.path}: not from a dedicated actor`);
  }

  override signal(): never {
    throw new TypeError(`${this.path}: a dedicated actor can't watch, link or exit others`);
  }
}

class OutwardReply extends OpenAsk {
  readonly #out: OutwardBorder;
  readonly ask: number;

  constructor(out: OutwardBorder, ask: number) {
    super();
    this.#out = out;
    this.ask = ask;
  }

  override tell(value: unknown): void {
    this.#out.send(['reply', this.ask, this.#out.packing.pack(value), this.#out.packing.found]);
  }

  override fail(error: unknown): void {
    this.#out.send(['fail', this.ask, error]);
  }

  override died(reason: ExitReason): void {
    this.fail(reason);
  }
}

class OutwardBorder implements Border {
  readonly packing: Packing = new Packing(this);
  readonly #outbox: SimpleQueue<Outward>;

  constructor(outbox: SimpleQueue<Outward>) {
    this.#outbox = outbox;
  }

  send(packet: Outward): void {
    this.#outbox.put(packet);
  }

  refLeaves(ref: ActorRef<never>): Placeholder {
    return { '\0heddle': 'ref', id: ref.id, path: ref.path };
  }

  replyLeaves(reply: OpenAsk): Placeholder {
    return { '\0heddle': 'reply', slot: 0, ask: (reply as OutwardReply).ask };
  }

  refArrives(id: number, path: string): unknown {
    return new OutwardRef(this, id, path);
  }

  replyArrives(_slot: number, ask: number): unknown {
    return new OutwardReply(this, ask);
  }
}

type Run = (
  module: string,
  name: string,
  inbox: Queue<Inward>,
  outbox: SimpleQueue<Outward>,
  stopEvent: Event,
  args: readonly unknown[],
  oneByOne: boolean,
) => Promise<Ended>;

export const dedicatedThread: Task<Run> = task(
  import.meta,
  async function dedicatedThread(module, name, inbox, outbox, stopEvent, args, oneByOne): Promise<Ended> {
    try {
      if (!functions.has(`${module}#${name}`)) await import(/* @vite-ignore */ module);
      const run = functions.get(`${module}#${name}`);
      if (run === undefined) {
        throw new TypeError(
          `${module} was imported in a thread and didn't declare the dedicated actor "${name}"`,
        );
      }
      const border = new OutwardBorder(outbox);
      const { packing } = border;
      const askForMore = oneByOne ? (): void => border.send(['more']) : undefined;
      const context = new DedicatedContext<never>(inbox, stopEvent, packing, askForMore);
      await run(context, ...((packing.unpack(args) as never[]) ?? []));
      return ['returned'];
    } catch (error) {
      return ['threw', error];
    }
  },
);
