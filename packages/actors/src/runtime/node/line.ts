/**
 * `Line`: packets that wait for one actor, first come, first served, in shared memory, so that they outlive the thread that put them there.
 *
 * ```
 *  put    ▶ [5 e][6 f][7 g] ▶ take        as it should be: numbers rise from the head
 *  read   ▶ [6 f][7 g][5 e] ▶             a thread that takes a line over looks at all by taking each from the head and putting it behind
 * ```
 * Packets carry numbers. A line is added to and taken from only when its numbers rise from the head, and reading only turns it round, so whoever dies in the midst of that
 * leaves numbers that rise but for one fall. The next reader turns on until the least is at the head: the order is what it was.
 */
import type { SimpleQueue } from '@heddle/core';
import type { Packet } from './packet.ts';

type Numbered = readonly [number: number, packet: Packet];

/** What is in shared memory of a line. */
export type SharedLine = SimpleQueue<Numbered>;

export class Line {
  readonly shared: SharedLine;
  /** Behind those in shared memory, when that is exhausted. */
  readonly #rest: Packet[] = [];
  #stored = 0;
  /** How many of them a predecessor has put there. */
  #inherited = 0;
  #next = 0;
  /** How many of them are messages, and no signals. */
  messages = 0;

  constructor(shared: SharedLine) {
    this.shared = shared;
  }

  get size(): number {
    return this.#stored + this.#rest.length;
  }

  /** Whether what comes next was put there by a thread that has died. */
  get inherits(): boolean {
    return this.#inherited > 0;
  }

  put(packet: Packet): void {
    if (packet[0] !== 'signal') this.messages += 1;
    // If not there, it waits here: better with this thread's life than not at all.
    if (this.#rest.length > 0 || !this.store(packet)) this.#rest.push(packet);
  }

  /** Puts a packet into shared memory; false if it can't be there. */
  store(packet: Packet): boolean {
    try {
      this.shared.put([this.#next, packet]);
    } catch {
      return false;
    }
    this.#next += 1;
    this.#stored += 1;
    return true;
  }

  take(): Packet | undefined {
    const packet = this.#stored === 0 ? this.#rest.shift() : this.#takeStored();
    if (packet !== undefined && packet[0] !== 'signal') this.messages -= 1;
    return packet;
  }

  #takeStored(): Packet {
    this.#stored -= 1;
    if (this.#inherited > 0) this.#inherited -= 1;
    return this.shared.tryGet()!.value[1];
  }

  /** Takes over what a thread has left that died, and shows each packet. */
  takeOver(visit: (packet: Packet) => void): void {
    this.#stored = this.#inherited = this.shared.size;
    const numbers: number[] = [];
    for (let n = 0; n < this.#stored; n++) {
      const [number, packet] = this.#turn();
      numbers.push(number);
      if (packet[0] !== 'signal') this.messages += 1;
      visit(packet);
    }
    if (this.#stored === 0) return;
    const fall = numbers.findIndex((number, n) => n > 0 && number < numbers[n - 1]!);
    for (let n = 0; n < fall; n++) this.#turn();
    this.#next = numbers.at(fall < 0 ? -1 : fall - 1)! + 1;
  }

  #turn(): Numbered {
    const first = this.shared.tryGet()!.value;
    this.shared.put(first);
    return first;
  }
}
