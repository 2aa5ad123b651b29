/** What a thread has to say to the others, collected until the end of a turn and put into their inboxes together, in order. */
import type { SimpleQueue } from '@heddle/core';
import { ring } from './bell.ts';
import type { Packet, Wiring } from './packet.ts';

/** So many packets for one thread are sent without waiting for the end of the turn. */
const FLUSH_AT = 64;

export class Outbox {
  readonly #wiring: Wiring;
  readonly #boxes: Packet[][];
  readonly #undeliverable: (packet: Packet, error: unknown) => void;
  readonly #onFlushed: () => void;
  #scheduled = false;
  #filled = 0;

  /** `undeliverable` is told of what can't travel; `onFlushed` is called after a flush that nobody asked for. */
  constructor(
    wiring: Wiring,
    undeliverable: (packet: Packet, error: unknown) => void,
    onFlushed: () => void,
  ) {
    this.#wiring = wiring;
    this.#boxes = wiring.inboxes.map(() => []);
    this.#undeliverable = undeliverable;
    this.#onFlushed = onFlushed;
  }

  post(slot: number, packet: Packet): void {
    const box = this.#boxes[slot]!;
    if (box.push(packet) === 1) this.#filled += 1;
    if (box.length >= FLUSH_AT) this.send(slot);
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(this.#flushSoon);
    }
  }

  readonly #flushSoon = (): void => {
    this.#scheduled = false;
    this.flush();
    this.#onFlushed();
  };

  flush(): void {
    if (this.#filled === 0) return;
    for (let slot = 0; slot < this.#boxes.length; slot++) if (this.#boxes[slot]!.length > 0) this.send(slot);
  }

  /** Sends what there is for one thread, and wakes it. */
  send(slot: number, loudly = false): void {
    const packets = this.#boxes[slot]!;
    if (packets.length === 0) return;
    this.#boxes[slot] = [];
    this.#filled -= 1;
    const inbox = this.#wiring.inboxes[slot]!;
    if (packets.length === 1) this.#sendAlone(inbox, packets[0]!);
    else {
      try {
        inbox.putMany(packets);
      } catch {
        // One that can't travel keeps all from being put.
        for (const packet of packets) this.#sendAlone(inbox, packet);
      }
    }
    ring(this.#wiring.bells, slot, loudly);
  }

  #sendAlone(inbox: SimpleQueue<Packet>, packet: Packet): void {
    try {
      inbox.put(packet);
    } catch (error) {
      this.#undeliverable(packet, error);
    }
  }
}
