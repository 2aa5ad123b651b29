/**
 * Packets for actors that aren't there yet, or that have crashed and wait to be started again. They wait, in order, until the actor's `spawn` or `discard` comes; on a thread that
 * took the place of a dead one, also until all others have said which actors of the dead thread may come back (`claims`, see `succession.ts`) and the actor isn't among them.
 *
 * **Where they wait.** In shared memory, since the thread may die as well before they are handled: a line for each actor, and a directory of the lines, which belongs to the
 * slot and is there from the start.
 *
 * ```
 *  inbox ──take──▶ actor there, no line? ──▶ handled
 *                    │ no
 *                    ▼
 *                  its line ──take, one by one, once it may be handled──▶ handled        before the inbox is looked at again
 * ```
 *
 * - *Nothing is lost or handled twice.* A packet is in the inbox or in one line, and leaves either by one take; the next is taken when it has been handled, as with the inbox.
 *   The exception is the move from one queue to another: a thread that is terminated from outside, or runs out of memory, in the few microseconds between the take and the put
 *   takes that packet along. What actors do can't end a thread there, since none has its turn.
 * - *In order.* While a line has packets, what comes for its actor goes behind them (`waits`). A successor takes the lines over before it looks at the inbox, and what is in
 *   them came before what is there. Inside a line see `line.ts`.
 * - *Found again.* A line is in the directory before its first packet is in the line. Lines leave the directory together, when all are empty.
 * - *By the right life.* A stop, kill or exit was for the life that has died, unless it comes behind the order for the next; another would end of it at its birth, and its
 *   supervisor take that for its wish. So those that come for an actor that isn't there are void, and those that a predecessor has parked.
 * - *Handled at last.* A packet stays only while its actor may come. `spawn`, `discard`, the last claims and the death of who made a claim each end that, and make the line
 *   ready; whoever does so out of turn wakes the reception (`onReady`).
 */
import { SimpleQueue } from '@heddle/core';
import type { Taken } from '@heddle/core';
import { Line } from './line.ts';
import type { SharedLine } from './line.ts';
import type { InternalSignal } from '../signal.ts';
import type { Packet } from './packet.ts';

/** The lines of a slot by their actors' numbers, in shared memory. */
export type Directory = SimpleQueue<readonly [id: number, line: SharedLine]>;

/** What the thread that parks has to say to it. */
export interface Parking {
  /** Whether the actor is there, and not between two lives. */
  has(id: number): boolean;
  /** Whether the actor has ended here, and its supervisor on another thread is about to say whether it comes back. */
  returns(id: number): boolean;
  /** A packet was found that a predecessor had parked. */
  onFound(packet: Packet): void;
  /** There is something to take. */
  onReady(): void;
  /** So many messages wait for the actor now. */
  onCount(id: number, count: number): void;
}

export class Parked {
  readonly #directory: Directory;
  readonly #lines = new Map<number, Line>();
  /** Actors whose lines may be handled. */
  readonly #ready = new Set<number>();
  /** Actors that are about to be there. */
  readonly #expected = new Set<number>();
  /** Actors that may come back, and the slots that said so. */
  readonly #claimed = new Map<number, number>();
  readonly #generation: number;
  readonly #parking: Parking;
  /** The threads that haven't said yet which actors may come back, by slot. */
  readonly #unheard: Set<number>;
  /** In all lines. */
  #size = 0;
  #taken: Packet | undefined;

  /** `others`: the slots of all other threads. */
  constructor(directory: Directory, generation: number, others: readonly number[], parking: Parking) {
    this.#directory = directory;
    this.#generation = generation;
    this.#unheard = new Set(generation > 0 ? others : []);
    this.#parking = parking;
    if (generation > 0) this.#takeOver();
  }

  #takeOver(): void {
    for (let entries = this.#directory.size; entries > 0; entries--) {
      const entry = this.#directory.tryGet()!.value;
      const [id, shared] = entry;
      if (shared.size === 0) {
        shared.dispose();
        continue;
      }
      this.#directory.put(entry);
      const line = new Line(shared);
      line.takeOver(packet => this.#parking.onFound(packet));
      this.#lines.set(id, line);
      this.#size += line.size;
      this.#parking.onCount(id, line.messages);
    }
  }

  /** Whether this thread still finds out what its predecessor left. */
  get succeeds(): boolean {
    return this.#unheard.size > 0;
  }

  /**
   * Whether an order of another thread was for a predecessor: whoever gave it has since been told, or is about to be, that the actor has died before it started. If it shall
   * run all the same, another order comes behind the claims; one actor would run twice otherwise.
   */
  isStale(owner: number): boolean {
    return this.#unheard.has(owner);
  }

  /** Whether nothing is parked, nor has to be, for any actor that is there. */
  get idle(): boolean {
    return this.#size === 0 && this.#expected.size === 0 && this.#unheard.size === 0;
  }

  /** The actor is about to be there: what comes for it waits from now on. */
  await(id: number): void {
    this.#expected.add(id);
  }

  /** Whether what comes for the actor must wait, though the actor may be there. What has just been taken from its line needn't. */
  waits(id: number, packet: Packet): boolean {
    if (packet === this.#taken) return false;
    return this.#expected.has(id) || (this.#size > 0 && this.count(id) > 0);
  }

  /** Whether an actor that isn't there may still come. */
  mayCome(id: number): boolean {
    return (
      this.#unheard.size > 0 || this.#claimed.has(id) || this.#expected.has(id) || this.#parking.returns(id)
    );
  }

  /** How many packets wait for the actor. */
  count(id: number): number {
    return this.#lines.get(id)?.size ?? 0;
  }

  park(id: number, packet: Packet): void {
    // As with a dead cell on the same thread. One that is expected has been ordered to start, and may be told to stop.
    if (!this.#parking.has(id) && !this.#expected.has(id) && isForOneLife(packet)) return;
    const line = this.#lineOf(id);
    line.put(packet);
    this.#size += 1;
    this.#parking.onCount(id, line.messages);
  }

  #lineOf(id: number): Line {
    const known = this.#lines.get(id);
    if (known !== undefined) return known;
    const line = new Line(new SimpleQueue());
    this.#lines.set(id, line);
    this.#enter(id, line);
    return line;
  }

  /** This thread's last act: parks these before all others of the actor. Returns what can't be in shared memory. */
  inherit(id: number, packets: readonly Packet[]): Packet[] {
    if (packets.length === 0) return [];
    const line = this.#lineOf(id);
    const behind: Packet[] = [];
    for (let next = line.take(); next !== undefined; next = line.take()) behind.push(next);
    return [...packets, ...behind].filter(packet => !line.store(packet));
  }

  #enter(id: number, line: Line): void {
    try {
      this.#directory.put([id, line.shared]);
    } catch {
      // No shared memory is left: it isn't found again, and lasts as long as this thread.
    }
  }

  /** Whether something waits that may be handled. */
  get ready(): boolean {
    for (const id of this.#ready) if (this.#isReady(id)) return true;
    return false;
  }

  /** Takes the next that may be handled. */
  take(): Taken<Packet> | undefined {
    this.#taken = undefined;
    if (this.#ready.size === 0) return undefined;
    for (const id of this.#ready) {
      while (this.#isReady(id)) {
        const line = this.#lines.get(id)!;
        const isVoid = line.inherits;
        const packet = line.take()!;
        this.#size -= 1;
        this.#parking.onCount(id, line.messages);
        if (this.#size === 0) this.#clear();
        if (isVoid && isForOneLife(packet)) continue;
        this.#taken = packet;
        return { value: packet };
      }
    }
    return undefined;
  }

  /** Whether the next of the line may be handled; if not, it is told again when that changes. */
  #isReady(id: number): boolean {
    const waiting = this.count(id) > 0;
    if (waiting && !this.#expected.has(id) && (this.#parking.has(id) || !this.mayCome(id))) return true;
    this.#ready.delete(id);
    return false;
  }

  /** All lines are empty. */
  #clear(): void {
    for (let entry = this.#directory.tryGet(); entry !== undefined; entry = this.#directory.tryGet())
      entry.value[1].dispose();
    for (const { shared } of this.#lines.values()) shared.dispose();
    this.#lines.clear();
    this.#ready.clear();
  }

  /** The actor is there: what waited for it comes next. */
  release(id: number): void {
    this.#expected.delete(id);
    this.#makeReady(id);
  }

  /** The actor won't come back. */
  forget(id: number): void {
    this.#claimed.delete(id);
    this.release(id);
  }

  #makeReady(id: number): void {
    if (!this.#lines.has(id)) return;
    this.#ready.add(id);
    this.#parking.onReady();
  }

  /** Another thread says which actors of this slot may come back. Returns whether it says so to this thread, and not to a predecessor that has died as well. */
  claim(successor: number, ids: readonly number[], from: number): boolean {
    for (const id of ids) this.#claimed.set(id, from);
    // Claims at a successor that died as well: the next round is under way. A second from one slot: the thread there has died since the first, and its successor has nothing to claim.
    if (successor !== this.#generation || !this.#unheard.delete(from)) return false;
    // Those that may come still wait.
    if (this.#unheard.size === 0) for (const id of this.#lines.keys()) this.#makeReady(id);
    return true;
  }

  /** A thread has died: what it would have started won't come. What it had put into the inbox has come by now. */
  lostOwner(slot: number): void {
    for (const [id, from] of this.#claimed) if (from === slot && !this.#parking.has(id)) this.forget(id);
  }
}

/** Whether it is void when the actor has ended. A watch or link isn't: it is answered. */
function isForOneLife(packet: Packet): boolean {
  if (packet[0] !== 'signal') return false;
  const { kind } = packet[3] as InternalSignal;
  return kind !== 'watch' && kind !== 'unwatch' && kind !== 'link' && kind !== 'unlink';
}
