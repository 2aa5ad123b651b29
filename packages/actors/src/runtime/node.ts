/**
 * `Node`: a thread's way to the others. Each thread has an inbox, a queue of core's in shared memory, into which all others put; nothing goes through the main
 * thread. What one thread sends to another arrives in order.
 *
 * **Spawning elsewhere.** The parent keeps a cell that stands for the child, its *agent*: to the parent, or supervisor, it is a child like any other, which starts and ends;
 * its setup sends `spawn` and waits for `started`, its end sends a stop and waits for `exited`. Messages don't pass through it: the child's
 * ref leads to the child's own thread.
 *
 * **When a thread dies**, what it had taken out of its inbox dies with it; it takes one message at a time, and runs it before it takes the next. A new thread takes over the same
 * inbox. Every other thread tells watchers, links and askers (`threadDied`), ends its agents there with that reason, and tells the new thread which of those actors may come back
 * (`claims`). Messages for actors that aren't there yet wait for them, in order, until their `spawn` or `discard` comes, or until all threads have made their claims
 * and the actor isn't among them.
 */
import { Event } from '@heddle/core';
import type { AsyncWaitOptions, AtomicCounter, SimpleQueue } from '@heddle/core';
import { findActor, knownActor } from '../behavior/actor.ts';
import type { Actor, ActorOptions } from '../behavior/actor.ts';
import { behavior } from '../behavior/behavior.ts';
import { next } from '../behavior/next.ts';
import type { Next } from '../behavior/next.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { OpenAsk, PendingAsk } from './ask.ts';
import type { Asked } from './ask.ts';
import { Cell } from './cell.ts';
import type { Agent, Keeper, Started } from './cell/state.ts';
import { LocalRef } from './local-ref.ts';
import type { ActorRef } from './ref.ts';
import type { Placement } from './placement.ts';
import { RemoteRef } from './remote-ref.ts';
import type { Report } from './report.ts';
import { ID_STEP, MOST_SLOTS } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import type { InternalSignal } from './signal.ts';
import type { SpawnOptions } from './spawn.ts';
import { Packing } from './wire.ts';
import type { Border, Placeholder } from './wire.ts';

/** What travels. Arrays, because they are the cheapest to encode. */
export type Packet =
  | readonly ['tell', id: number, path: string, message: unknown, packed: boolean]
  | readonly ['signal', id: number, path: string, signal: unknown]
  | readonly ['reply', ask: number, value: unknown, packed: boolean]
  | readonly ['fail', ask: number, error: unknown]
  | readonly ['died', ask: number, reason: ExitReason]
  | readonly ['spawn', order: Order, packed: boolean]
  | readonly ['started', id: number, life: number, started: unknown]
  | readonly ['exited', id: number, life: number, reason: ExitReason]
  | readonly ['discard', id: number]
  | readonly ['threadDied', slot: number, successor: number]
  | readonly ['claims', successor: number, ids: readonly number[], from: number]
  | readonly ['asksSeen', slot: number, asks: readonly number[]]
  | readonly ['report', report: Report]
  | readonly ['letter', message: unknown, path: string, reason: string]
  | readonly ['stop'];

/** What all threads of a system share. */
export interface Wiring {
  /** By slot. */
  readonly inboxes: readonly SimpleQueue<Packet>[];
  /** How many actors have been placed in each slot by others, and not ended (snapshot). */
  readonly loads: readonly AtomicCounter[];
}

/** What a thread needs to know of an actor that it shall start. */
interface Order {
  readonly id: number;
  readonly life: number;
  readonly owner: number;
  readonly path: string;
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: SpawnOptions;
  readonly restarts: number;
  /** Is set by the owner directly: the actor sees it however busy its thread is. */
  readonly stopEvent: Event;
}

/** A guest: an actor that runs here for a parent elsewhere. */
interface Guest {
  readonly owner: number;
  readonly life: number;
}

/** There is no such actor, and there won't be. */
const NOBODY: unique symbol = Symbol('nobody');

/** So many packets for one thread are sent without waiting for the end of the turn. */
const FLUSH_AT = 64;
/** How long packets are handled before input, output and timers are served. */
const SLICE_MS = 5;

export class Node implements Border {
  readonly runtime: Runtime;
  readonly slot: number;
  /** Ends the reception. */
  stopped = false;
  readonly #inboxes: readonly SimpleQueue<Packet>[];
  readonly #outboxes: Packet[][];
  readonly #packing: Packing = new Packing(this);
  readonly guardian: Cell;
  /** Actors of this thread that others have refs of. */
  readonly #cells = new Map<number, Cell>();
  readonly #guests = new Map<number, Guest>();
  readonly #agents = new Map<number, RemoteAgent>();
  readonly #asks = new Map<number, PendingAsk>();
  readonly #askSlots = new Map<PendingAsk, number>();
  /** Cells here that watch or are linked to actors of each thread. */
  readonly #interested: Set<Cell>[];
  /** Packets for actors that aren't there yet. */
  readonly #parked = new Map<number, Packet[]>();
  /** Threads whose claims a new thread still waits for; packets for unknown actors are kept until then. */
  #claimsToCome: number;
  readonly #claimed = new Set<number>();
  /** Questions that were in the inbox when this thread took it over, by who asked. */
  readonly #seenAsks = new Map<number, number[]>();
  /** Questions to threads that have died, of which isn't known yet whether they had been taken. */
  readonly #uncertain = new Map<number, PendingAsk[]>();
  #askCount = 0;
  #turn = 0;
  #flushScheduled = false;
  /** Is told of packets that only the main thread handles. */
  onReport: ((report: Report) => void) | undefined;

  readonly #loads: readonly AtomicCounter[];

  readonly #generation: number;

  constructor(runtime: Runtime, wiring: Wiring, generation: number, claimsToCome: number) {
    this.#generation = generation;
    const { inboxes } = wiring;
    this.#loads = wiring.loads;
    this.runtime = runtime;
    this.slot = runtime.slot;
    this.#inboxes = inboxes;
    this.#outboxes = inboxes.map(() => []);
    this.#interested = inboxes.map(() => new Set());
    this.#claimsToCome = claimsToCome;
    this.guardian = this.#createGuardian();
    runtime.forget = cell => void this.#cells.delete(cell.id);
    runtime.dispatcher.flush = () => this.flush();
  }

  // ── Guests ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #createGuardian(): Cell {
    const keeper: Keeper = {
      childExited: (cell, _life, reason) => {
        const guest = this.#guests.get(cell.id);
        if (guest !== undefined) this.post(guest.owner, ['exited', cell.id, guest.life, reason]);
      },
      stopChildren: () => {},
    };
    const setup = (): unknown => Object.assign(behavior<never>({ receive: () => {} }), { keeper });
    const actor = { name: '', module: undefined, options: {}, setup } as unknown as Actor<never, never>;
    const guardian = new Cell(this.runtime, undefined, actor, [], {}, this.runtime.nextId(), '');
    this.#cells.set(guardian.id, guardian);
    void guardian.start();
    return guardian;
  }

  async #spawn(order: Order): Promise<void> {
    const { id, life, owner } = order;
    let actor = knownActor(order.module, order.name);
    if (actor === undefined) {
      // What comes for it meanwhile waits.
      if (!this.#parked.has(id)) this.#parked.set(id, []);
      try {
        actor = await findActor(order.module, order.name);
      } catch (error) {
        this.post(owner, ['started', id, life, { outcome: 'error', reason: exit.error(error) }]);
        return;
      }
    }
    this.#guests.set(id, { owner, life });
    let cell = this.#cells.get(id);
    if (cell === undefined) {
      const {
        args: _args,
        name: _name,
        watch: _watch,
        link: _link,
        placement: _placement,
        ...own
      } = order.options;
      const options: ActorOptions = { ...actor.options, ...own };
      cell = new Cell(this.runtime, this.guardian, actor, order.args, options, id, order.path.slice(1));
      cell.supervised = true;
      this.#cells.set(id, cell);
      this.guardian.bonds.children.add(cell);
    } else {
      cell.args = order.args;
      cell.revive();
    }
    cell.adoptRestarts(order.restarts);
    cell.bonds.stopEvent = order.stopEvent;
    const starting = cell.start();
    this.#unpark(id);
    this.post(owner, ['started', id, life, starting instanceof Promise ? await starting : starting]);
    // At once: its first message may keep the thread for long.
    this.#send(owner);
  }

  #unpark(id: number): void {
    const parked = this.#parked.get(id);
    this.#parked.delete(id);
    if (parked !== undefined) for (const packet of parked) this.#handle(packet);
  }

  #discard(id: number): void {
    const cell = this.#cells.get(id);
    this.#guests.delete(id);
    this.#cells.delete(id);
    this.#claimed.delete(id);
    if (cell !== undefined) {
      cell.discard();
      this.guardian.bonds.removeChild(cell);
    }
    this.#unpark(id);
  }

  // ── Agents ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes the cell that stands here for an actor in `slot`. Throws `TypeError` for an actor that no other thread could find. */
  createAgent(
    parent: Cell,
    actor: Actor<never, never>,
    args: readonly unknown[],
    options: ActorOptions,
    own: SpawnOptions | undefined,
    slot: number,
    label: string | undefined,
  ): Cell {
    if (actor.module === undefined) {
      throw new TypeError(
        `spawn: ${actor.name === '' ? 'this function' : `"${actor.name}"`} can't run on another thread: declare it at module level with actor(import.meta, …)`,
      );
    }
    const id = this.runtime.nextId(slot);
    const name = label ?? `${actor.name}:${Math.floor(id / ID_STEP)}`;
    const agent = new RemoteAgent(this, actor, id, slot, `${parent.path}/${name}`, own ?? {});
    const stand = { ...actor, options: {}, setup: () => agent.begin() } as unknown as Actor<never, never>;
    // What happens inside the actor is decided on its thread; here it only starts and ends.
    const shutdown = options.shutdown === undefined ? {} : { shutdown: options.shutdown };
    const cell = new Cell(this.runtime, parent, stand, args, shutdown, id, name, agent);
    agent.cell = cell;
    this.keepAgent(agent);
    return cell;
  }

  /** @internal */
  order(agent: RemoteAgent): void {
    const { cell, id, life, actor, path, own } = agent;
    const order: Order = {
      id,
      life,
      owner: this.slot,
      path,
      module: actor.module!,
      name: actor.name,
      args: cell!.args,
      options: own,
      restarts: cell!.restarts,
      stopEvent: agent.stopEvent!,
    };
    const packed = this.#packing.pack(order) as Order;
    this.post(agent.slot, ['spawn', packed, this.#packing.found]);
    // At once: a third thread that is told of the actor must not reach its thread before this.
    this.#send(agent.slot);
  }

  /** @internal */
  dropAgent(agent: RemoteAgent): void {
    if (this.#agents.delete(agent.id)) this.#loads[agent.slot]!.add(-1);
  }

  /** @internal Also for an agent whose cell was revived. */
  keepAgent(agent: RemoteAgent): void {
    if (this.#agents.has(agent.id)) return;
    this.#agents.set(agent.id, agent);
    this.#loads[agent.slot]!.add(1);
  }

  /** Where an actor with this placement shall run. Slot 0 is the main thread's; without others it is all there is. */
  place(placement: Placement): number {
    const threads = this.#loads.length - 1;
    if (placement === 'main' || threads === 0) return 0;
    if (typeof placement === 'object') return 1 + (hash(String(placement.key)) % threads);
    // The emptiest; among equals the next in turn.
    this.#turn += 1;
    let best = 0;
    let least = Infinity;
    for (let n = 0; n < threads; n++) {
      const slot = 1 + ((this.#turn + n) % threads);
      const load = this.#loads[slot]!.value;
      if (load >= least) continue;
      least = load;
      best = slot;
    }
    return best;
  }

  // ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  tell(id: number, path: string, message: unknown): void {
    const packed = this.#packing.pack(message);
    this.post(id % MOST_SLOTS, ['tell', id, path, packed, this.#packing.found]);
  }

  ask(id: number, path: string, message: unknown, reply: PendingAsk): void {
    this.#askSlots.set(reply, id % MOST_SLOTS);
    this.tell(id, path, message);
  }

  asked(path: string): Asked {
    return {
      path,
      asks: new Set(),
      lateReply: (message, reason) => this.runtime.deadLetters.add({ message, to: undefined, path, reason }),
    };
  }

  signal(target: ActorRef<never>, signal: InternalSignal): void {
    const slot = target.id % MOST_SLOTS;
    if ((signal.kind === 'watch' || signal.kind === 'link') && signal.from instanceof LocalRef) {
      this.#interested[slot]!.add(signal.from.cell);
    }
    this.post(slot, ['signal', target.id, target.path, this.#packing.pack(signal)]);
  }

  whenStopped(ref: ActorRef<never>, options: AsyncWaitOptions | undefined): Promise<ExitReason> {
    const { host } = this.runtime.dispatcher;
    const from = this.guardian.ref as ActorRef<never>;
    const watch = this.runtime.nextId();
    const { watching } = this.guardian.bonds;
    host.hold();
    return new Promise<ExitReason>((resolve, reject) => {
      const signal = options?.signal;
      const forget = (): void => {
        host.release();
        watching.delete(watch);
        this.runtime.dispatcher.cancelTimer(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const giveUp = (error: unknown): void => {
        forget();
        ref.signal({ kind: 'unwatch', from, watch });
        reject(error as Error);
      };
      const onAbort = (): void => giveUp(signal!.reason);
      const timeout = options?.timeout ?? Infinity;
      const timer = this.runtime.dispatcher.after(timeout, () =>
        giveUp(new Error(`whenStopped ${ref.path}: it hasn't ended within ${timeout} ms`)),
      );
      const callback = (reason: ExitReason): void => {
        forget();
        resolve(reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      watching.set(watch, { target: ref, hasMessage: false, message: undefined, callback });
      ref.signal({ kind: 'watch', from, watch });
    });
  }

  seemsAlive(id: number): boolean {
    return this.#agents.get(id)?.cell?.alive ?? true;
  }

  post(slot: number, packet: Packet): void {
    const outbox = this.#outboxes[slot]!;
    outbox.push(packet);
    if (outbox.length >= FLUSH_AT) this.#send(slot);
    else if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      queueMicrotask(() => this.flush());
    }
  }

  flush(): void {
    this.#flushScheduled = false;
    for (let slot = 0; slot < this.#outboxes.length; slot++) {
      if (this.#outboxes[slot]!.length > 0) this.#send(slot);
    }
  }

  #send(slot: number): void {
    const packets = this.#outboxes[slot]!;
    this.#outboxes[slot] = [];
    const inbox = this.#inboxes[slot]!;
    try {
      inbox.putMany(packets);
    } catch {
      // One that can't travel keeps all from being put.
      for (const packet of packets) this.#sendAlone(inbox, packet);
    }
  }

  #sendAlone(inbox: SimpleQueue<Packet>, packet: Packet): void {
    try {
      inbox.put(packet);
    } catch (error) {
      this.#undeliverable(packet, error);
    }
  }

  /** The value can't be shared, or there is no memory left. The sender isn't thrown at. */
  #undeliverable(packet: Packet, error: unknown): void {
    switch (packet[0]) {
      case 'tell': {
        const [, , path, message] = packet;
        const reply = (message as { reply?: { ask?: number } } | null)?.reply;
        if (typeof reply?.ask === 'number') this.#asks.get(reply.ask)?.fail(error);
        else this.runtime.report({ type: 'callbackFailed', path, callback: 'tell', error });
        this.runtime.deadLetters.add({ message, to: undefined, path, reason: 'notShareable' });
        return;
      }
      case 'reply':
        this.post(packet[1] % MOST_SLOTS, ['fail', packet[1], error]);
        return;
      case 'spawn':
        this.#agents
          .get(packet[1].id)
          ?.started(packet[1].life, { outcome: 'error', reason: exit.error(error) });
        return;
      case 'started':
        this.post(this.#guests.get(packet[1])?.owner ?? 0, [
          'started',
          packet[1],
          packet[2],
          { outcome: 'error', reason: exit.error(error) },
        ]);
        return;
      default:
        this.runtime.report({ type: 'callbackFailed', path: '', callback: `sending ${packet[0]}`, error });
    }
  }

  // ── Receiving ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Handles what comes, until a `stop` packet comes or the inbox is shut down. */
  async receive(): Promise<void> {
    const inbox = this.#inboxes[this.slot]!;
    const { dispatcher } = this.runtime;
    const { host } = dispatcher;
    let turned = host.now();
    while (!this.stopped) {
      let packet = inbox.tryGet()?.value;
      if (packet === undefined) {
        this.flush();
        packet = await inbox.getAsync().catch(() => undefined);
        if (packet === undefined) return;
        turned = host.now();
      }
      this.#handle(packet);
      // What a message sets off is done before the next is taken out of shared memory, where a crash can't lose it.
      dispatcher.runNow();
      if (host.now() - turned > SLICE_MS) {
        await new Promise<void>(resolve => host.later(resolve));
        turned = host.now();
      }
    }
    this.flush();
  }

  #handle(packet: Packet): void {
    switch (packet[0]) {
      case 'tell': {
        const cell = this.#target(packet[1], packet);
        if (this.#claimsToCome > 0) this.#noteAsk(packet[3]);
        if (cell === undefined) return;
        const message = packet[4] ? this.#packing.unpack(packet[3]) : packet[3];
        if (cell === NOBODY) return this.#deadLetter(packet[2], message);
        const reply = (message as { reply?: unknown } | null | undefined)?.reply;
        if (reply instanceof RemoteReply) {
          if (!cell.open) return this.#deadLetter(packet[2], message);
          reply.asked = cell.bonds.asks;
          reply.asked.add(reply);
        }
        cell.post(message);
        return;
      }
      case 'signal': {
        const cell = this.#target(packet[1], packet);
        if (cell === undefined) return;
        const signal = this.#packing.unpack(packet[3]) as InternalSignal;
        if (cell !== NOBODY) return cell.signal(signal);
        this.#answerForNobody(packet[1], packet[2], signal);
        return;
      }
      case 'reply':
        this.#takeAsk(packet[1])?.tell(packet[3] ? this.#packing.unpack(packet[2]) : packet[2]);
        return;
      case 'fail':
        this.#takeAsk(packet[1])?.fail(packet[2]);
        return;
      case 'died':
        this.#takeAsk(packet[1])?.died(packet[2]);
        return;
      case 'spawn':
        void this.#spawn((packet[2] ? this.#packing.unpack(packet[1]) : packet[1]) as Order);
        return;
      case 'started':
        this.#agents.get(packet[1])?.started(packet[2], packet[3] as Started);
        return;
      case 'exited':
        this.#agents.get(packet[1])?.exited(packet[2], packet[3]);
        return;
      case 'discard':
        this.#discard(packet[1]);
        return;
      case 'threadDied':
        this.threadDied(packet[1], packet[2]);
        return;
      case 'claims':
        this.#takeClaims(packet[1], packet[2], packet[3]);
        return;
      case 'asksSeen':
        this.#asksSeen(packet[1], packet[2]);
        return;
      case 'report':
        this.onReport?.(packet[1]);
        return;
      case 'letter':
        this.runtime.deadLetters.add({
          message: packet[1],
          to: undefined,
          path: packet[2],
          reason: packet[3] as 'stopped',
        });
        return;
      default:
        this.stopped = true;
    }
  }

  #noteAsk(packed: unknown): void {
    const reply = (packed as { reply?: { slot?: unknown; ask?: unknown } } | null | undefined)?.reply;
    if (typeof reply?.slot !== 'number' || typeof reply.ask !== 'number') return;
    const seen = this.#seenAsks.get(reply.slot);
    if (seen === undefined) this.#seenAsks.set(reply.slot, [reply.ask]);
    else seen.push(reply.ask);
  }

  /** The cell, `NOBODY` if there is none and won't be, or `undefined` if the packet has been parked. */
  #target(id: number, packet: Packet): Cell | typeof NOBODY | undefined {
    const parked = this.#parked.get(id);
    if (parked === undefined) {
      const cell = this.#cells.get(id);
      if (cell !== undefined) return cell;
      if (this.#claimsToCome === 0 && !this.#claimed.has(id)) return NOBODY;
      this.#parked.set(id, [packet]);
      return undefined;
    }
    parked.push(packet);
    return undefined;
  }

  #deadLetter(path: string, message: unknown): void {
    const reply = (message as { reply?: unknown } | null | undefined)?.reply;
    if (reply instanceof OpenAsk) reply.died(exit.noproc);
    this.runtime.deadLetters.add({ message, to: undefined, path, reason: 'stopped' });
  }

  #answerForNobody(id: number, path: string, signal: InternalSignal): void {
    const from = new RemoteRef<never>(this, id, path);
    if (signal.kind === 'watch')
      signal.from.signal({ kind: 'down', from, watch: signal.watch, reason: exit.noproc });
    else if (signal.kind === 'link')
      signal.from.signal({ kind: 'exit', from, reason: exit.noproc, linked: true });
  }

  #takeAsk(number: number): PendingAsk | undefined {
    return this.#asks.get(number);
  }

  // ── The border ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  refLeaves(ref: ActorRef<never>): Placeholder {
    if (ref instanceof LocalRef) this.#cells.set(ref.id, ref.cell);
    return { '\0heddle': 'ref', id: ref.id, path: ref.path };
  }

  replyLeaves(reply: OpenAsk): Placeholder {
    if (reply instanceof RemoteReply) return { '\0heddle': 'reply', slot: reply.slot, ask: reply.ask };
    const pending = reply as PendingAsk;
    const number = (this.#askCount += 1) * MOST_SLOTS + this.slot;
    this.#asks.set(number, pending);
    pending.onClose = () => {
      this.#asks.delete(number);
      this.#askSlots.delete(pending);
    };
    return { '\0heddle': 'reply', slot: this.slot, ask: number };
  }

  refArrives(id: number, path: string): unknown {
    const local = id % MOST_SLOTS === this.slot ? this.#cells.get(id)?.ref : this.#agents.get(id)?.ref;
    return local ?? new RemoteRef<never>(this, id, path);
  }

  replyArrives(slot: number, ask: number): unknown {
    return (slot === this.slot ? this.#asks.get(ask) : undefined) ?? new RemoteReply(this, slot, ask);
  }

  /** @internal */
  answer(slot: number, ask: number, value: unknown): void {
    const packed = this.#packing.pack(value);
    this.post(slot, ['reply', ask, packed, this.#packing.found]);
  }

  // ── Death of a thread ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells everybody here who had to do with actors of that thread, and its successor which of them may come back. */
  threadDied(slot: number, successor: number): void {
    const reason = exit.threadDied;
    // Questions that the dead thread hadn't taken will be answered; its successor says which they are.
    this.#uncertain.set(
      slot,
      [...this.#askSlots].filter(([, asked]) => asked === slot).map(([ask]) => ask),
    );
    const interested = this.#interested[slot]!;
    this.#interested[slot] = new Set();
    for (const cell of interested) {
      const bonds = cell.knownBonds;
      for (const [watch, { target }] of bonds?.knownWatching ?? []) {
        if (target.id % MOST_SLOTS === slot) cell.signal({ kind: 'down', from: target, watch, reason });
      }
      for (const link of bonds?.knownLinks ?? []) {
        if (link.id % MOST_SLOTS === slot) cell.signal({ kind: 'exit', from: link, reason, linked: true });
      }
    }
    // The order matters: the claims go out before anything that an agent's end sets off.
    const agents = [...this.#agents.values()].filter(agent => agent.slot === slot);
    this.post(slot, ['claims', successor, agents.map(({ id }) => id), this.slot]);
    for (const agent of agents) agent.threadDied();
    // Guests of that thread's actors have lost their owners.
    for (const [id, { owner }] of this.#guests) if (owner === slot) this.#endGuest(id);
  }

  #endGuest(id: number): void {
    const cell = this.#cells.get(id);
    cell?.requestStop(cell.options.shutdown ?? 5000, true, exit.threadDied, () => this.#discard(id));
  }

  /** All questions that the thread hadn't taken when it died stood before our claims. The others have died with it. */
  #asksSeen(slot: number, numbers: readonly number[]): void {
    const seen = new Set(numbers.map(number => this.#asks.get(number)));
    const uncertain = this.#uncertain.get(slot) ?? [];
    this.#uncertain.delete(slot);
    for (const ask of uncertain) if (!seen.has(ask)) ask.died(exit.threadDied);
  }

  #takeClaims(successor: number, ids: readonly number[], from: number): void {
    this.post(from, ['asksSeen', this.slot, this.#seenAsks.get(from) ?? []]);
    this.#seenAsks.delete(from);
    for (const id of ids) this.#claimed.add(id);
    // Claims at a successor that died as well: the next round is under way.
    if (this.#claimsToCome === 0 || successor !== this.#generation) return;
    this.#claimsToCome -= 1;
    if (this.#claimsToCome > 0) return;
    for (const id of this.#parked.keys())
      if (!this.#claimed.has(id) && !this.#guests.has(id)) this.#unpark(id);
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) mixed = Math.imul(mixed ^ text.charCodeAt(n), 0x01000193);
  return mixed >>> 0;
}

/** Where the answer to a question from another thread goes. */
class RemoteReply extends OpenAsk {
  readonly slot: number;
  readonly ask: number;
  asked: Set<OpenAsk> | undefined;
  readonly #node: Node;

  constructor(node: Node, slot: number, ask: number) {
    super();
    this.#node = node;
    this.slot = slot;
    this.ask = ask;
  }

  override tell(value: unknown): void {
    this.asked?.delete(this);
    this.#node.answer(this.slot, this.ask, value);
  }

  override fail(error: unknown): void {
    this.asked?.delete(this);
    this.#node.post(this.slot, ['fail', this.ask, error]);
  }

  override died(reason: ExitReason): void {
    this.asked?.delete(this);
    this.#node.post(this.slot, ['died', this.ask, reason]);
  }
}

/** What stands on the parent's thread for a child on another. */
export class RemoteAgent implements Agent {
  readonly id: number;
  readonly slot: number;
  readonly path: string;
  readonly actor: Actor<never, never>;
  readonly own: SpawnOptions;
  readonly ref: ActorRef<unknown>;
  cell: Cell | undefined;
  stopEvent: Event | undefined = undefined;
  /** Counts its starts, so that news of an earlier life are told from those of this. */
  life = 0;
  readonly #node: Node;
  #running = false;
  #onStarted: ((made: unknown) => void) | undefined;
  #onExited: (() => void) | undefined;

  constructor(
    node: Node,
    actor: Actor<never, never>,
    id: number,
    slot: number,
    path: string,
    own: SpawnOptions,
  ) {
    this.#node = node;
    this.actor = actor;
    this.id = id;
    this.slot = slot;
    this.path = path;
    this.own = own;
    this.ref = new RemoteRef<unknown>(node, id, path);
  }

  /** The setup of the cell that stands for the actor. */
  begin(): Promise<unknown> {
    this.life += 1;
    this.#running = true;
    if (this.stopEvent === undefined || this.stopEvent.isSet) this.stopEvent = new Event();
    // The cell sets it as soon as a stop is on its way, also while it waits for `started`.
    this.cell!.bonds.stopEvent = this.stopEvent;
    this.#node.keepAgent(this);
    this.#node.order(this);
    return new Promise(resolve => (this.#onStarted = resolve));
  }

  started(life: number, started: Started): void {
    if (life !== this.life || this.#onStarted === undefined) return;
    const resolve = this.#onStarted;
    this.#onStarted = undefined;
    if (started.outcome === 'ok') {
      const stand = behavior<never>({ receive: () => {}, stopped: reason => this.#stop(reason) });
      resolve(next.started(stand, started.info));
      return;
    }
    this.#running = false;
    const made: Next = started.outcome === 'ignore' ? next.ignore() : next.stop(started.reason);
    resolve(made);
  }

  exited(life: number, reason: ExitReason): void {
    if (life !== this.life || !this.#running) return;
    this.#running = false;
    const { cell } = this;
    if (this.#onStarted !== undefined) {
      this.#onStarted(next.stop(reason));
      this.#onStarted = undefined;
    } else if (this.#onExited === undefined) {
      cell!.signal({ kind: 'stop', reason, drain: false });
    } else {
      // It was asked to stop; how it really ended is what its supervisor wants to know.
      cell!.lastReason = reason;
      this.#onExited();
      this.#onExited = undefined;
    }
  }

  threadDied(): void {
    this.exited(this.life, exit.threadDied);
  }

  /** The hook of the cell's own end. */
  #stop(reason: ExitReason): Promise<void> | undefined {
    if (!this.#running) return undefined;
    this.stopEvent?.set();
    this.ref.signal({ kind: 'stop', reason, drain: this.cell!.drains });
    return new Promise(resolve => (this.#onExited = resolve));
  }

  kill(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#onStarted = undefined;
    this.#onExited = undefined;
    this.stopEvent?.set();
    this.ref.signal({ kind: 'kill' });
  }

  discard(): void {
    this.#node.post(this.slot, ['discard', this.id]);
    this.#node.dropAgent(this);
    // Collection may take long to come; the actor has a handle of its own.
    this.cell!.bonds.clearStop();
    this.stopEvent?.dispose();
    this.stopEvent = undefined;
  }
}
