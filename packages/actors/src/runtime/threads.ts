/**
 * The scheduler threads of a system, as its main thread sees them: started together when the first actor is placed on one, each replaced when it dies.
 */
import { AtomicCounter, SharedInt32Array, SimpleQueue, Thread, ThreadDiedError } from '@heddle/core';
import { Census } from '../observability/census.ts';
import type { Announcement } from '../observability/gauges.ts';
import { describeReason, exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { Node } from './node.ts';
import { bellWords, ring } from './node/bell.ts';
import type { OwnThread, Packet, Wiring } from './node/packet.ts';
import type { Directory } from './node/parked.ts';
import type { Runtime } from './runtime.ts';
import type { HomeServices } from '../services/services.ts';
import { schedulerThread } from './scheduler-thread.ts';

/** How long a thread without actors may take to end before it is terminated. */
const TERMINATE_AFTER_MS = 1000;
/** So many deaths in a row of threads that hadn't come up are followed by another try at once; then come pauses, each twice as long. */
const VAIN_AT_ONCE = 3;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 5000;

export class Threads {
  protected readonly runtime: Runtime;
  protected readonly name: string;
  protected readonly count: number;
  /** Whether an inspector will read what the threads show; is to be said before the threads are wired. */
  isInspected = false;
  #wiring: Wiring | undefined;
  #census: Census | undefined;
  readonly #threads: Thread[] = [];
  #stopping = false;
  #reception: Promise<void> | undefined;
  /** How many have died in each slot. */
  readonly #generations: number[];
  /** How many of the latest in each slot have died before they had come up. */
  readonly #vain: number[];

  constructor(runtime: Runtime, name: string, count: number) {
    this.runtime = runtime;
    this.name = name;
    this.count = count;
    this.#generations = Array.from({ length: count + 1 }, () => 0);
    this.#vain = [...this.#generations];
  }

  /** What the threads share, made at first need. */
  get wiring(): Wiring {
    const slots = this.count + 1;
    return (this.#wiring ??= {
      inboxes: Array.from(
        { length: slots },
        (_, slot) => new SimpleQueue<Packet>({ name: `${this.name} ${slot}` }),
      ),
      parked: Array.from({ length: slots }, () => new SimpleQueue() as Directory),
      dedicated: Array.from({ length: slots }, () => new SimpleQueue<OwnThread>()),
      bells: new SharedInt32Array(bellWords(slots)),
      // One reader is this thread, the other the inspector's, if there is one: what nobody reads would be kept for ever.
      census: Array.from({ length: this.isInspected ? 2 : 1 }, () => new SimpleQueue<Announcement>()),
      loads: Array.from({ length: slots }, () => new AtomicCounter()),
    });
  }

  /** What the threads show of their actors. */
  get census(): Census {
    return (this.#census ??= new Census(this.wiring.census[0]!, this.wiring));
  }

  /** The way to the threads, which are started if they haven't been. */
  connect(): Node {
    const runtime = this.runtime;
    if (runtime.node !== undefined) return runtime.node;
    const slots = this.count + 1;
    const { wiring } = this;
    const node = new Node(runtime, wiring, this.#generations);
    node.onReport = report => runtime.report(report);
    runtime.node = node;
    (runtime.services as HomeServices).open(node);
    for (let slot = 1; slot < slots; slot++) this.begin(slot, this.#generations);
    this.#reception = this.receive(node);
    return node;
  }

  /** Handles what comes to this thread. */
  protected receive(node: Node): Promise<void> {
    return node.receive();
  }

  /** The threads by slot, from 1. */
  get threads(): readonly Thread[] {
    return this.#threads.slice(1);
  }

  /** Starts the thread of a slot, and tells it of which generation it and the others are. */
  protected begin(slot: number, generations: readonly number[]): void {
    const thread = new Thread(schedulerThread, {
      args: [this.wiring, slot, [...generations]],
      name: `${this.name}-${slot}`,
      daemon: true,
    });
    this.#threads[slot] = thread as unknown as Thread;
    thread.start();
    void thread.joinAsync().then(() => {
      if (!this.#stopping) this.died(slot, howEnded(thread as unknown as Thread));
    });
  }

  /** Tells everybody, and starts a successor, which takes over the inbox. */
  protected died(slot: number, reason: ExitReason): void {
    const runtime = this.runtime;
    const running = this.census.running(slot, id => runtime.node!.agents.get(id)?.path);
    this.#countLosses(slot);
    this.#endDedicated(slot);
    runtime.report({ type: 'threadDied', thread: `${this.name}-${slot}`, reason, running });
    const generation = (this.#generations[slot]! += 1);
    const node = runtime.node!;
    for (let other = 1; other <= this.count; other++) {
      if (other === slot) continue;
      node.outbox.post(other, ['threadDied', slot, generation]);
      // Should the dead one have been about to wake it, nobody else would.
      node.outbox.send(other, true);
    }
    const isToBeTold = this.#tellHome(slot, generation);
    // After the news: whatever the others hear of the successor comes behind it, and can't be taken for the dead one's.
    const pause = this.#pauseBefore(slot, generation);
    if (pause === 0) this.begin(slot, this.#generations);
    else
      runtime.dispatcher.after(pause, () => {
        if (!this.#stopping) this.begin(slot, this.#generations);
      });
    if (!isToBeTold) node.threadDied(slot, generation);
  }

  /**
   * Puts the news into this thread's own inbox, behind all that the dead one has put there: what it said before it died is heard before its death, here as on every other thread.
   * False if there is no shared memory left for that.
   */
  #tellHome(slot: number, generation: number): boolean {
    try {
      this.wiring.inboxes[0]!.put(['threadDied', slot, generation]);
    } catch {
      return false;
    }
    ring(this.wiring.bells, 0, true);
    return true;
  }

  /** Milliseconds. What keeps threads from coming up, a module that can't be loaded or memory that is short, may last: trying on and on would leave no processor time for anything else. */
  #pauseBefore(slot: number, generation: number): number {
    const cameUp = this.census.hasBegun(slot, generation - 1);
    const vain = (this.#vain[slot] = cameUp ? 0 : this.#vain[slot]! + 1);
    return vain <= VAIN_AT_ONCE ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (vain - VAIN_AT_ONCE));
  }

  /** What was in the dead thread's own memory can't be had any more, but counted. */
  #countLosses(slot: number): void {
    const { deadLetters, node } = this.runtime;
    for (const { path, count } of this.census.losses(slot, id => node!.agents.get(id)?.path)) {
      deadLetters.add({ message: undefined, to: undefined, path, reason: 'threadDied', count });
    }
  }

  /** Dedicated actors end with the thread that started them, as all its actors do. They wouldn't hear of it. */
  #endDedicated(slot: number): void {
    const { deadLetters } = this.runtime;
    const queue = this.wiring.dedicated[slot]!;
    for (let taken = queue.tryGet(); taken !== undefined; taken = queue.tryGet()) {
      const [thread, inbox, path] = taken.value;
      thread.terminate();
      void thread.joinAsync().then(() => {
        const count = inbox.size;
        if (count > 0)
          deadLetters.add({ message: undefined, to: undefined, path, reason: 'threadDied', count });
      });
    }
  }

  /** Ends the threads, when their actors have ended. */
  async stop(): Promise<void> {
    const node = this.runtime.node;
    if (node === undefined || this.#stopping) return;
    this.#stopping = true;
    for (let slot = 1; slot <= this.count; slot++) node.outbox.post(slot, ['stop']);
    node.outbox.flush();
    await Promise.all(
      this.threads.map(async thread => {
        if (await thread.joinAsync({ timeout: TERMINATE_AFTER_MS })) return;
        // An actor that was killed, and doesn't give its thread back: there is no other way.
        this.runtime.report({ type: 'threadTerminated', thread: thread.name, afterMs: TERMINATE_AFTER_MS });
        thread.terminate();
        await thread.joinAsync();
        const slot = this.#threads.indexOf(thread);
        this.#countLosses(slot);
        this.#endDedicated(slot);
      }),
    );
    node.outlive();
    // Their last reports and dead letters are in the inbox by now.
    node.outbox.post(0, ['stop']);
    node.outbox.flush();
    await this.#reception;
  }
}

/** What is known of the end of a thread, which has ended. */
function howEnded(thread: Thread): ExitReason {
  try {
    thread.result();
    return exit.threadDied;
  } catch (error) {
    // It begins with the thread's name, which the report has.
    const detail =
      error instanceof ThreadDiedError
        ? error.message.replace(/^Thread "[^"]*": (it ended without returning: )?/, '')
        : describeReason(exit.error(error));
    return exit.threadDiedWith(detail);
  }
}
