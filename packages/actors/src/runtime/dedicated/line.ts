/**
 * The way from a dedicated actor's cell to its thread and back. A cell stands for the actor on the thread that spawned it, and carries messages to a queue that the thread blocks on: all that come, or,
 * if its mailbox has a bound or an order, one each time that the thread asks for one. Until then the cell counts as busy, and what waits, waits in its mailbox. When the thread ends, what is left
 * in the queue goes back into the cell's mailbox, for the next instance or to the dead letters.
 */
import { Event, Queue, SimpleQueue, Thread, ThreadDiedError } from '@heddle/core';
import type { Context } from '../../behavior/context.ts';
import { outside } from '../../observability/show.ts';
import { queued } from '../../observability/tally.ts';
import type { Tally } from '../../observability/tally.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { OpenAsk } from '../ask.ts';
import { dedicatedThread } from '../dedicated-thread.ts';
import { AdapterRef } from '../local-ref.ts';
import type { ActorRef } from '../ref.ts';
import { Packing, inWords } from '../wire.ts';
import type { Border, Placeholder } from '../wire.ts';
import { Errands } from './errands.ts';
import type { Ended, Inward, Outward, Verdict, VerdictQueues } from './packet.ts';

type Message = Extract<Outward, { 0: 'tell' | 'reply' | 'ask' | 'send' }>;

export class Line implements Border {
  readonly #context: Context<unknown>;
  readonly #inbox = new Queue<Inward>();
  readonly #outbox = new SimpleQueue<Outward>();
  readonly #stopEvent = new Event();
  readonly #packing: Packing = new Packing(this);
  readonly #refs = new Map<number, ActorRef<never>>();
  readonly #replies = new Map<number, OpenAsk>();
  readonly #ended: Promise<void>;
  readonly #thread: Thread;
  readonly #errands: Errands;
  readonly #tally: Tally | undefined;
  /** Messages are handed over one by one, when they are asked for. */
  readonly #oneByOne: boolean;
  #onMore: (() => void) | undefined;
  #asks = 0;
  #isOver = false;
  /** The message at which its function failed. */
  #failedAt: string | undefined;

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
    const { cell } = context;
    const { gauges } = cell.runtime;
    if (gauges === undefined || cell.gauge === -1) outside.set(cell, () => this.#inbox.size);
    else {
      outside.delete(cell);
      this.#tally = gauges.openTally(cell.gauge);
    }
    const verdicts: VerdictQueues = [new SimpleQueue<Verdict>(), new SimpleQueue<Verdict>()];
    this.#errands = new Errands(context.cell, verdicts, this.#packing);
    const thread = new Thread(dedicatedThread, {
      args: [
        module,
        name,
        {
          inbox: this.#inbox,
          outbox: this.#outbox,
          verdicts,
          stopEvent: this.#stopEvent,
          oneByOne: this.#oneByOne,
          tally: this.#tally,
        },
        packed,
      ],
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
      .then(
        ended => this.#reasonOf(ended),
        (error: unknown) =>
          error instanceof ThreadDiedError ? exit.threadDiedWith(error.message) : exit.error(error),
      )
      .then(async reason => {
        // What it sent before its end comes before its end.
        this.#outbox.put(['end']);
        await received;
        this.#over(reason);
      });
  }

  #reasonOf(ended: Ended): ExitReason {
    if (ended[0] === 'returned') return exit.normal;
    this.#failedAt = ended[2];
    return exit.error(ended[1]);
  }

  carry(message: unknown): Promise<void> | undefined {
    const packed = this.#packing.pack(message);
    try {
      this.#count(1);
      this.#inbox.putNowait([packed, this.#packing.found]);
      if (this.#oneByOne) return new Promise(resolve => (this.#onMore = resolve));
    } catch (error) {
      this.#count(-1);
      const { cell } = this.#context;
      cell.deadLetter(message, 'notShareable');
      cell.callbackFailed('tell', inWords(error, 0, 'message'));
    }
    return undefined;
  }

  #count(count: number): void {
    if (this.#tally !== undefined) queued(this.#tally, count);
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
    this.#errands.giveUpAll();
    this.#takeBack();
    outside.delete(cell);
    if (this.#tally !== undefined) cell.runtime.gauges!.closeTally(this.#tally, cell.gauge);
    // After a kill nobody waits for this.
    if (!cell.alive || cell.context !== (this.#context as unknown)) return;
    if (reason.type === 'error') cell.reportCrash(reason, this.#failedAt);
    cell.signal({ kind: 'stop', reason, drain: false });
    if (cell.stopRequested && reason.type !== 'normal') cell.lastReason = reason;
    this.#onMore?.();
  }

  #takeBack(): void {
    const left: unknown[] = [];
    for (let taken = this.#next(); taken !== undefined; taken = this.#next()) {
      const [message, packed] = taken;
      this.#count(-1);
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
      switch (packet[0]) {
        case 'end':
          return;
        case 'more':
          this.#onMore?.();
          break;
        case 'fail':
          this.#reply(packet[1])?.fail(packet[2]);
          break;
        case 'giveUp':
          this.#errands.giveUp(packet[1]);
          break;
        case 'lost': {
          const [, path, message, error] = packet;
          const { runtime } = this.#context.cell;
          runtime.report({ type: 'callbackFailed', path, callback: 'tell', error });
          runtime.deadLetters.add({ message, to: undefined, path, reason: 'notShareable' });
          break;
        }
        default:
          this.#pass(packet);
      }
    }
  }

  #pass(packet: Message): void {
    const [kind, number, value, isPacked] = packet;
    let unpacked: unknown;
    try {
      unpacked = isPacked ? this.#packing.unpack(value) : value;
    } catch (error) {
      if (kind === 'ask' || kind === 'send') this.#errands.refuse(packet, error);
      else this.#context.cell.callbackFailed(kind, error);
      return;
    }
    if (kind === 'tell') this.#refs.get(number)?.tell(unpacked as never);
    else if (kind === 'reply') this.#reply(number)?.tell(unpacked);
    else this.#errands.run(packet, this.#refs.get(number)!, unpacked);
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
