/**
 * Packets for actors that aren't there yet. They wait, in order, until the actor's `spawn` or `discard` comes; on a thread that took the place of a dead one, also until
 * all others have said which actors of the dead thread may come back (`claims`) and the actor isn't among them.
 */
import type { Packet } from './packet.ts';

export class Parked {
  readonly #packets = new Map<number, Packet[]>();
  readonly #claimed = new Set<number>();
  readonly #generation: number;
  readonly #handle: (packet: Packet) => void;
  #claimsToCome: number;

  constructor(generation: number, claimsToCome: number, handle: (packet: Packet) => void) {
    this.#generation = generation;
    this.#claimsToCome = claimsToCome;
    this.#handle = handle;
  }

  /** Whether this thread still finds out what its predecessor left. */
  get succeeds(): boolean {
    return this.#claimsToCome > 0;
  }

  /** What comes for the actor waits from now on. */
  await(id: number): void {
    if (!this.#packets.has(id)) this.#packets.set(id, []);
  }

  waits(id: number): boolean {
    return this.#packets.has(id);
  }

  /** Whether an actor that isn't there may still come. */
  mayCome(id: number): boolean {
    return this.#claimsToCome > 0 || this.#claimed.has(id);
  }

  park(id: number, packet: Packet): void {
    this.await(id);
    this.#packets.get(id)!.push(packet);
  }

  forget(id: number): void {
    this.#claimed.delete(id);
  }

  /** Handles what waited for an actor. */
  release(id: number): void {
    const parked = this.#packets.get(id);
    this.#packets.delete(id);
    if (parked !== undefined) for (const packet of parked) this.#handle(packet);
  }

  /** Another thread says which actors of this slot may come back; `isGuest` says which have. */
  claim(successor: number, ids: readonly number[], isGuest: (id: number) => boolean): void {
    for (const id of ids) this.#claimed.add(id);
    // Claims at a successor that died as well: the next round is under way.
    if (this.#claimsToCome === 0 || successor !== this.#generation) return;
    this.#claimsToCome -= 1;
    if (this.#claimsToCome > 0) return;
    for (const id of this.#packets.keys()) if (!this.#claimed.has(id) && !isGuest(id)) this.release(id);
  }
}
