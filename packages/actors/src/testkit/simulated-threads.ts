/**
 * Scheduler threads that are none: each has the dispatcher, the way to the others and the inbox of a real one, and all run in this thread, one visit or one packet at a time,
 * whichever the test's scheduler chooses. What they send each other goes through core's queues, so it is copied as between real threads, and what can't travel doesn't.
 *
 * A death is what it is for a real thread: what had been taken out of the inbox is lost, what is still there is its successor's.
 */
import { Gauges } from '../observability/gauges.ts';
import { createRuntime } from '../runtime/create-runtime.ts';
import type { Cell } from '../runtime/cell.ts';
import { DeadLetters } from '../runtime/dead-letters.ts';
import type { Dispatcher } from '../runtime/dispatcher.ts';
import { unwrapPacket } from '../runtime/node/parcel.ts';
import { Node } from '../runtime/node.ts';
import type { Report } from '../runtime/report.ts';
import type { Observer, Runtime } from '../runtime/runtime.ts';
import { Threads } from '../runtime/threads.ts';
import type { RuntimeParts } from '../runtime/create-runtime.ts';
import { remoteServices } from '../services/remote-services.ts';
import { exit } from '../supervision/exit-reason.ts';
import { VirtualHost } from './virtual-host.ts';
import type { Clock } from './virtual-host.ts';

interface Simulated {
  readonly host: VirtualHost;
  readonly runtime: Runtime;
  readonly node: Node;
  /** Nobody hears anything of it any more. */
  silence(): void;
}

/** What a step can be: a visit of an actor, or a packet. */
export interface Choice {
  readonly weight: number;
  run(index: number): void;
}

export interface Surroundings {
  readonly seed: number;
  readonly clock: Clock;
  /** From 0 up to, and not including, 1. */
  readonly choose: () => number;
  readonly observer: Observer;
  readonly wrapMailbox: RuntimeParts['wrapMailbox'];
}

export class SimulatedThreads extends Threads {
  readonly #around: Surroundings;
  readonly #home: Runtime;
  /** By slot, from 1. */
  readonly #simulated: Simulated[] = [];
  #stopped = false;

  constructor(runtime: Runtime, name: string, count: number, around: Surroundings) {
    super(runtime, name, count);
    this.#home = runtime;
    this.#around = around;
  }

  protected override begin(slot: number, generations: readonly number[]): void {
    const generation = generations[slot]!;
    const { seed, clock, observer: observed, wrapMailbox } = this.#around;
    let alive = true;
    const observer: Observer = {
      started: (cell, started) => alive && observed.started?.(cell, started),
      stopping: (cell, reason) => alive && observed.stopping?.(cell, reason),
      exited: (cell, reason) => alive && observed.exited?.(cell, reason),
    };
    const silence = (): void => {
      alive = false;
      // Promises of its actors go on, where those of a real thread end with it.
      node.outbox.post = () => {};
    };
    const host = new VirtualHost(seed + slot + generation * 1000, clock);
    const report = (each: Report): void => node.outbox.post(0, ['report', each]);
    const deadLetters = new DeadLetters(
      error => report({ type: 'callbackFailed', path: '', callback: 'dead letter listener', error }),
      () => {},
    );
    deadLetters.subscribe(({ message, path, reason }) =>
      node.outbox.post(0, ['letter', message, path, reason]),
    );
    const runtime = createRuntime({
      slot,
      generation,
      host,
      deadLetters,
      observer,
      wrapMailbox,
      report,
      place: placement => node.agents.place(placement),
    });
    runtime.dispatcher.throughput = 1;
    runtime.gauges = new Gauges(this.wiring.census, slot, generation);
    const node: Node = new Node(runtime, this.wiring, generations);
    node.looksAhead = false;
    runtime.node = node;
    runtime.services = remoteServices(node);
    this.#simulated[slot] = { host, runtime, node, silence };
  }

  /** The test's scheduler does it. */
  protected override receive(node: Node): Promise<void> {
    node.looksAhead = false;
    return Promise.resolve();
  }

  get #live(): Simulated[] {
    return this.#simulated.filter(each => each !== undefined);
  }

  /** What could happen next, but for visits on the test's own thread. */
  choices(): Choice[] {
    const home = this.#home.node;
    if (home === undefined || this.#stopped) return [];
    const choices: Choice[] = [];
    for (const node of [home, ...this.#live.map(each => each.node)]) {
      const inbox = this.wiring.inboxes[node.slot]!;
      if (node.parking.ready || inbox.size > 0) {
        const run = (): void => {
          // What was ready may have been void.
          const found = node.takeParked() ?? inbox.tryGet();
          if (found !== undefined) this.#receiveOne(node, unwrapPacket(found.value));
        };
        choices.push({ weight: 1, run });
      }
      if (node !== home) choices.push(...visits(node.runtime.dispatcher));
    }
    return choices;
  }

  /** What a packet sets off is done before the next is taken out of shared memory, as on a real thread. */
  #receiveOne(node: Node, packet: Parameters<Node['handle']>[0]): void {
    const { dispatcher } = node.runtime;
    node.handle(packet);
    if (node !== this.#home.node) {
      while (dispatcher.waiting > 0)
        dispatcher.step(Math.floor(this.#around.choose() * dispatcher.waiting), 1);
    }
    node.outbox.flush();
  }

  /** The hosts of the threads, for their alarms. */
  get hosts(): VirtualHost[] {
    return this.#live.map(each => each.host);
  }

  /** The actor with this number, wherever it is. */
  find(id: number): Cell | undefined {
    for (const { node } of this.#live) {
      const cell = node.cells.get(id);
      if (cell !== undefined) return cell;
    }
    return undefined;
  }

  /** How many there are; 0 before the first actor was placed on one. */
  get size(): number {
    return this.#live.length;
  }

  /** Ends a thread as `terminate()` would: in the midst of whatever it does. Another takes its place. */
  kill(slot: number): void {
    const dead = this.#simulated[slot];
    if (dead === undefined) {
      throw new RangeError(`killThread: there is no thread ${slot}, of ${this.count} (${this.size} running)`);
    }
    dead.silence();
    this.died(slot, exit.threadDied);
  }

  override async stop(): Promise<void> {
    this.#stopped = true;
  }
}

function visits(dispatcher: Dispatcher): Choice[] {
  const { waiting } = dispatcher;
  return waiting === 0 ? [] : [{ weight: waiting, run: index => dispatcher.step(index, 1) }];
}
