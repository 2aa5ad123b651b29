/**
 * `Node`: a thread's way to the others. Each thread has an inbox, a queue of core's in shared memory, into which all others put; nothing goes through the main
 * thread. What one thread sends to another arrives in order.
 *
 * **Spawning elsewhere.** The parent keeps a cell that stands for the child, its *agent*: to the parent, or supervisor, it is a child like any other, which starts and ends;
 * its setup sends `spawn` and waits for `started`, its end sends a stop and waits for `exited`. Messages don't pass through it: the child's
 * ref leads to the child's own thread.
 *
 * **When a thread dies**, what it had taken out of its inbox dies with it; it takes one message at a time, and runs it before it takes the next. A new thread takes over the same
 * inbox, and what was parked in shared memory (`node/parked.ts`). Every other thread tells watchers, links and askers (`threadDied`), ends its agents there with that reason, and tells the new thread which of those actors may come back
 * (`claims`, see `node/succession.ts`). Messages for actors that aren't there yet wait for them, in order, until their `spawn` or `discard` comes, or until all threads have made their claims
 * and the actor isn't among them.
 */
import type { AsyncWaitOptions, Taken } from '@heddle/core';
import { Awaited } from '../observability/awaited.ts';
import { tracing } from '../observability/hooks.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { OpenAsk } from './ask.ts';
import type { Asked, PendingAsk } from './ask.ts';
import { callRefused } from './calls.ts';
import type { Cell } from './cell.ts';
import type { Started } from './cell/state.ts';
import { AdapterRef, LocalRef } from './local-ref.ts';
import { Agents } from './node/agents.ts';
import { Claims, take } from './node/claims.ts';
import type { Claim } from './node/claims.ts';
import { Guests } from './node/guests.ts';
import { Outbox } from './node/outbox.ts';
import type { Form, Order, OwnThread, Packet, Wiring } from './node/packet.ts';
import { bury, sendNobody, signalNobody, tellNobody } from './node/nobody.ts';
import { isAnswer, isTell, unwrapPacket } from './node/parcel.ts';
import type { Answer, Parcel, Tell } from './node/parcel.ts';
import { Parked } from './node/parked.ts';
import { Questions } from './node/questions.ts';
import { Reception } from './node/reception.ts';
import type { Receiver } from './node/reception.ts';
import { RemoteReply } from './node/remote-reply.ts';
import { Sends } from './node/remote-send.ts';
import { Succession } from './node/succession.ts';
import { undeliverable } from './node/undeliverable.ts';
import { whenRemoteStopped } from './node/when-stopped.ts';
import type { ActorRef } from './ref.ts';
import { RemoteRef } from './remote-ref.ts';
import type { Report } from './report.ts';
import { MOST_SLOTS } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import type { InternalSignal } from './signal.ts';
import { Packing } from './wire.ts';
import type { Border, Placeholder } from './wire.ts';

/** There is no such actor, and there won't be. */
const NOBODY: unique symbol = Symbol('nobody');

export class Node implements Border, Receiver {
  readonly runtime: Runtime;
  readonly slot: number;
  /** Whether it may look for an answer before its turn comes. */
  looksAhead = true;
  /** Ends the reception. */
  stopped = false;
  readonly outbox: Outbox;
  readonly agents: Agents;
  readonly parking: Parked;
  readonly packing: Packing = new Packing(this);
  readonly claims: Claims = new Claims();
  /** Actors of this thread that others have refs of. */
  readonly cells: Map<number, Cell> = new Map<number, Cell>();
  /** Second addresses of actors of this thread that others have. */
  readonly #adapters = new Map<number, AdapterRef<unknown>>();
  /** Is told of packets that only the main thread handles. */
  onReport: ((report: Report) => void) | undefined;
  readonly #succession: Succession;
  readonly #questions: Questions;
  readonly #sends = new Sends();
  readonly #awaited: Awaited;
  readonly #guests: Guests;
  readonly #reception: Reception;
  readonly #wiring: Wiring;
  /** Cells here that watch or are linked to actors of each thread. */
  readonly #interested: Set<Cell>[];
  #asked = false;

  /** `generations`: how many threads have died in each slot, when this one began. */
  constructor(runtime: Runtime, wiring: Wiring, generations: readonly number[]) {
    this.#succession = new Succession(runtime.slot, generations);
    const { generation, others } = this.#succession;
    this.runtime = runtime;
    this.slot = runtime.slot;
    this.#awaited = new Awaited(runtime, this.cells);
    this.#wiring = wiring;
    this.outbox = new Outbox(
      wiring,
      this.slot,
      (packet, error) => undeliverable(this, this.#questions, this.#guests, packet, error),
      () => this.#flushed(),
      count => runtime.gauges?.unsent(count),
    );
    this.#questions = new Questions(this.slot, generation, () => this.outbox);
    this.parking = new Parked(wiring.parked[this.slot]!, generation, others, {
      has: id => this.cells.has(id) && !this.#isBetweenLives(id),
      returns: id => this.#isBetweenLives(id),
      onFound: packet => this.#note(packet),
      onReady: () => this.#reception.lookAgain(),
      onCount: (id, count) => this.#awaited.count(id, count),
    });
    this.agents = new Agents(this, wiring.loads);
    this.#interested = wiring.inboxes.map(() => new Set());
    this.#guests = new Guests(this);
    this.#reception = new Reception(this, runtime.dispatcher, wiring, this.slot);
    runtime.forget = cell => {
      this.cells.delete(cell.id);
      for (const id of cell.knownBonds?.knownAddresses ?? []) this.#adapters.delete(id);
    };
    runtime.dispatcher.flush = () => this.outbox.flush();
    this.#succession.claimNothing(this.outbox);
  }

  /** The parent of what runs here for others, and whoever does something here on behalf of an actor elsewhere. */
  get guardian(): Cell {
    return this.#guests.guardian;
  }

  /** Handles what comes, until a `stop` packet comes; holds the event loop meanwhile. */
  async receive(): Promise<void> {
    const { host } = this.runtime.dispatcher;
    host.hold();
    try {
      await this.#reception.run();
    } finally {
      host.release();
    }
  }

  // ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  tell(id: number, path: string, message: unknown): void {
    const packed = this.packing.pack(message);
    this.#post(id, path, packed, this.packing.found);
  }

  #post(id: number, path: string, message: unknown, form: Form): void {
    const trace = tracing?.departs();
    const slot = id % MOST_SLOTS;
    if (trace === undefined) this.outbox.post(slot, { id, path, message, form });
    else this.outbox.post(slot, ['tell', id, path, message, form, trace]);
  }

  /** Most questions have no ref in them but the reply, whose number then stands beside them: neither side has to look for its place. */
  ask(id: number, path: string, question: object, reply: PendingAsk): void {
    reply.slot = id % MOST_SLOTS;
    this.#asked = true;
    const message = { ...question, reply: undefined as unknown };
    const packed = this.packing.pack(message);
    if (!this.packing.found) return this.#post(id, path, packed, this.#questions.leaves(reply));
    message.reply = reply;
    this.tell(id, path, message);
  }

  /** The message of a packet, with refs and the reply in their places. */
  opened(content: unknown, form: Form): unknown {
    if (typeof form === 'boolean') return form ? this.packing.unpack(content) : content;
    (content as { reply: unknown }).reply = this.replyArrives(form % MOST_SLOTS, form);
    return content;
  }

  /** Sends a message whose fate `verdict` will be told; returns the number of the request. */
  send(
    slot: number,
    id: number,
    path: string,
    message: unknown,
    claim: Claim | undefined,
    verdict: PendingAsk,
  ): number {
    verdict.slot = slot;
    const number = this.#questions.leaves(verdict);
    const packed = this.packing.pack(message);
    this.#asked = true;
    const { found } = this.packing;
    const trace = tracing?.departs();
    if (trace === undefined) this.outbox.post(slot, ['send', id, path, packed, found, number, claim]);
    else this.outbox.post(slot, ['send', id, path, packed, found, number, claim, trace]);
    return number;
  }

  /** How many questions to other threads are under way. */
  get questions(): number {
    return this.#questions.open;
  }

  #flushed(): void {
    if (!this.#asked || !this.looksAhead) return;
    this.#asked = false;
    this.#reception.expectAnswer();
    this.runtime.dispatcher.lookForDeadlines();
  }

  /** Whether what is posted now is flushed in a moment, and the clock looked at then. */
  get looksSoon(): boolean {
    return this.looksAhead && !this.outbox.driven;
  }

  asked(path: string): Asked {
    return {
      path,
      asks: undefined,
      lateReply: (message, reason) => this.runtime.deadLetters.add({ message, to: undefined, path, reason }),
    };
  }

  signal(target: ActorRef<never>, signal: InternalSignal): void {
    const slot = target.id % MOST_SLOTS;
    if ((signal.kind === 'watch' || signal.kind === 'link') && signal.from instanceof LocalRef) {
      this.#interested[slot]!.add(signal.from.cell);
    }
    this.outbox.post(slot, ['signal', target.id, target.path, this.packing.pack(signal)]);
  }

  whenStopped(ref: ActorRef<never>, options: AsyncWaitOptions | undefined): Promise<ExitReason> {
    return whenRemoteStopped(this.guardian, ref, options);
  }

  seemsAlive(id: number): boolean {
    return this.agents.get(id)?.cell?.alive ?? true;
  }

  // ── Receiving ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What was parked and may be handled now: before anything that came later. */
  takeParked(): Taken<Packet> | undefined {
    return this.parking.take();
  }

  /** Handles one parcel from another thread. */
  open(parcel: Parcel): void {
    if (isTell(parcel)) this.#openTell(parcel);
    else if (isAnswer(parcel)) this.#openAnswer(parcel);
    else this.handle(parcel);
  }

  /** Most are for actors that are there, and nothing waits for any. */
  #openTell(tell: Tell): void {
    const { id, form } = tell;
    const cell = this.cells.get(id);
    if (cell === undefined || !cell.alive || !this.parking.idle) return this.handle(unwrapPacket(tell));
    const message = this.opened(tell.message, form);
    if (form === false || this.#mayBeTold(cell, tell.path, message, true)) cell.post(message);
  }

  #openAnswer({ ask, value: content, packed }: Answer): void {
    const value = packed ? this.packing.unpack(content) : content;
    const question = this.#questions.get(ask);
    if (question !== undefined) return question.tell(value);
    const path = this.#questions.late(ask);
    this.runtime.deadLetters.add({ message: value, to: undefined, path, reason: 'lateReply' });
  }

  /** Of what comes with a reply: whether the actor takes it; whoever asks is told if it doesn't. Otherwise the actor knows of the question from now on. */
  #mayBeTold(cell: Cell, path: string, message: unknown, isOwnAddress: boolean): boolean {
    const reply = (message as { reply?: unknown } | null | undefined)?.reply;
    if (!(reply instanceof RemoteReply)) return true;
    if (!cell.open) {
      tellNobody(this, path, message);
      return false;
    }
    const refusal = isOwnAddress ? callRefused(cell, message) : undefined;
    if (refusal !== undefined) {
      reply.fail(refusal);
      return false;
    }
    cell.bonds.asks.add(reply);
    return true;
  }

  /** Handles one packet from another thread. */
  handle(packet: Packet): void {
    switch (packet[0]) {
      case 'tell': {
        const adapter = this.#adapters.get(packet[1]);
        const cell = adapter?.cell ?? this.#target(packet[1], packet);
        if (this.parking.succeeds) this.#note(packet);
        if (cell === undefined) return;
        const message = this.opened(packet[3], packet[4]);
        if (cell === NOBODY) return tellNobody(this, packet[2], message);
        if (!this.#mayBeTold(cell, packet[2], message, adapter === undefined)) return;
        const trace = packet[5];
        if (adapter !== undefined) cell.post(adapter.adapted(message));
        else if (trace === undefined || tracing === undefined) cell.post(message);
        else cell.post(tracing.arrives(message, cell, trace));
        return;
      }
      case 'send': {
        const [, id, path, content, isPacked, number, claim, trace] = packet;
        const adapter = this.#adapters.get(id);
        const cell = adapter?.cell ?? this.#target(id, packet);
        if (this.parking.succeeds) this.#note(packet);
        if (cell === undefined) return;
        const unpacked = isPacked ? this.packing.unpack(content) : content;
        if (cell === NOBODY) return sendNobody(this, path, unpacked, number, claim);
        let message = unpacked;
        if (adapter !== undefined) message = adapter.adapted(unpacked);
        else if (trace !== undefined && tracing !== undefined)
          message = tracing.arrives(unpacked, cell, trace);
        return this.#sends.deliver(this, cell, message, number, claim);
      }
      case 'sent':
        this.#questions.get(packet[1])?.tell(undefined);
        return;
      case 'unsend':
        return this.#sends.withdraw(packet[1]);
      case 'signal': {
        const cell = this.#adapters.get(packet[1])?.cell ?? this.#target(packet[1], packet);
        if (cell === undefined) return;
        const signal = this.packing.unpack(packet[3]) as InternalSignal;
        if (cell !== NOBODY) return cell.signal(signal);
        return signalNobody(this, packet[1], packet[2], signal);
      }
      case 'reply':
        return this.#openAnswer({ ask: packet[1], value: packet[2], packed: packet[3] });
      case 'fail':
        this.#questions.get(packet[1])?.fail(packet[2]);
        return;
      case 'died':
        return this.hasDied(packet[1], packet[2]);
      case 'spawn':
        void this.#guests.spawn((packet[2] ? this.packing.unpack(packet[1]) : packet[1]) as Order);
        return;
      case 'started':
        this.agents.get(packet[1])?.started(packet[2], packet[3] as Started);
        return;
      case 'exited':
        this.agents.get(packet[1])?.exited(packet[2], packet[3], packet[4]);
        return;
      case 'discard':
        this.#guests.discard(packet[1]);
        return;
      case 'threadDied':
        this.threadDied(packet[1], packet[2]);
        return;
      case 'claims':
        if (this.parking.claim(packet[1], packet[2], packet[3]))
          this.#questions.tellSeen(packet[3], packet[1]);
        return;
      case 'asksSeen':
        this.#questions.seenBy(packet[1], packet[2], packet[3]);
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

  /** The cell, `NOBODY` if there is none and won't be, or `undefined` if the packet has been parked. */
  #target(id: number, packet: Packet): Cell | typeof NOBODY | undefined {
    const { parking } = this;
    const cell = this.cells.get(id);
    // Who watches or links to the dead is told at once; for an ended life's exits it is too late.
    if (cell !== undefined && !cell.alive && packet[0] === 'signal') return cell;
    if (!parking.waits(id, packet)) {
      if (cell !== undefined && (cell.alive || !this.#guests.isBetweenLives(cell))) return cell;
      if (!parking.mayCome(id)) return NOBODY;
    }
    if (cell !== undefined && !cell.alive && parking.count(id) >= cell.stashCapacity)
      this.#refuse(cell, packet);
    else parking.park(id, packet);
    return undefined;
  }

  #isBetweenLives(id: number): boolean {
    const cell = this.cells.get(id);
    return cell !== undefined && !cell.alive && this.#guests.isBetweenLives(cell);
  }

  /** As many wait for its next life as may. */
  #refuse(cell: Cell, packet: Packet): void {
    if (packet[0] === 'send') {
      const [, , , , , number, claim] = packet;
      if (claim !== undefined && !take(claim)) return;
      this.#sends.refuse(this, cell, number);
    } else if (packet[0] !== 'tell') return;
    cell.deadLetter(this.opened(packet[3], packet[4]), 'mailboxFull');
  }

  /** Remembers a question that a predecessor hadn't begun. */
  #note(packet: Packet): void {
    if (packet[0] === 'tell') this.#questions.note(packet[3], packet[4]);
    else if (packet[0] === 'send') this.#questions.noteNumber(packet[5]);
  }

  /** An actor here has started a thread of its own, which shall end with this one; those that have ended are forgotten. */
  hasStarted(own: OwnThread): void {
    if (this.slot === 0) return;
    const queue = this.#wiring.dedicated[this.slot]!;
    queue.put(own);
    for (let others = queue.size - 1; others > 0; others--) {
      const other = queue.tryGet()!.value;
      if (other[0].alive) queue.put(other);
    }
  }

  /** All other threads have ended for good: what is left in their inboxes, and all that is for them from now on, is for nobody. */
  outlive(): void {
    this.outbox.close(packet => bury(this, packet));
    for (const [slot, inbox] of this.#wiring.inboxes.entries()) {
      if (slot === this.slot) continue;
      for (let taken = inbox.tryGet(); taken !== undefined; taken = inbox.tryGet())
        bury(this, unwrapPacket(taken.value));
    }
  }

  /** Whom a question or a request from here was for has ended. */
  hasDied(number: number, reason: ExitReason): void {
    this.#questions.get(number)?.died(reason);
  }

  // ── The border ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  refLeaves(ref: ActorRef<never>): Placeholder {
    if (ref instanceof AdapterRef) {
      if (!this.#adapters.has(ref.address)) {
        this.#adapters.set(ref.address, ref);
        (ref.cell.bonds.knownAddresses ??= []).push(ref.address);
      }
      return { '\0heddle': 'ref', id: ref.address, path: ref.path };
    }
    if (ref instanceof LocalRef) this.cells.set(ref.id, ref.cell);
    return { '\0heddle': 'ref', id: ref.id, path: ref.path };
  }

  replyLeaves(reply: OpenAsk): Placeholder {
    if (reply instanceof RemoteReply) return { '\0heddle': 'reply', slot: reply.slot, ask: reply.ask };
    return { '\0heddle': 'reply', slot: this.slot, ask: this.#questions.leaves(reply as PendingAsk) };
  }

  refArrives(id: number, path: string): unknown {
    const local =
      id % MOST_SLOTS === this.slot
        ? (this.cells.get(id)?.ref ?? this.#adapters.get(id))
        : this.agents.get(id)?.ref;
    return local ?? new RemoteRef<never>(this, id, path);
  }

  replyArrives(slot: number, ask: number): unknown {
    return (slot === this.slot ? this.#questions.get(ask) : undefined) ?? new RemoteReply(this, slot, ask);
  }

  /** @internal */
  answer(slot: number, ask: number, value: unknown): void {
    const packed = this.packing.pack(value);
    this.outbox.post(slot, { ask, value: packed, packed: this.packing.found });
    // What the handler and the turn still have to do needn't be waited for. Others are flushed together.
    if (this.outbox.driven) this.outbox.send(slot);
  }

  // ── Death of a thread ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells everybody here who had to do with actors of that thread, and its successor which of them may come back. */
  threadDied(slot: number, successor: number): void {
    if (this.#succession.isOld(slot, successor)) return this.parking.lostOwner(slot);
    const reason = exit.threadDied;
    this.#reception.lookAgain();
    this.#questions.threadDied(slot, successor);
    const interested = this.#interested[slot]!;
    this.#interested[slot] = new Set();
    for (const cell of interested) {
      const bonds = cell.knownBonds;
      for (const [watch, { target }] of bonds?.knownWatching ?? []) {
        if (target.id % MOST_SLOTS === slot) cell.signal({ kind: 'down', from: target, watch, reason });
      }
      for (const link of bonds?.knownLinks?.values() ?? []) {
        if (link.id % MOST_SLOTS === slot) cell.signal({ kind: 'exit', from: link, reason, linked: true });
      }
    }
    // The order matters: the claims go out before anything that an agent's end sets off.
    const agents = this.agents.in(slot);
    this.outbox.post(slot, ['claims', successor, agents.map(({ id }) => id), this.slot]);
    // At once: should this thread die of what follows, nobody else would make its claims.
    this.outbox.send(slot);
    for (const agent of agents) agent.threadDied();
    this.#guests.lostOwner(slot);
    this.parking.lostOwner(slot);
  }
}
