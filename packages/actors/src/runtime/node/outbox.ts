/** What a thread has to say to the others, collected until the end of a turn and put into their inboxes together, in order. */
import type { SimpleQueue } from '@heddle/core';
import { ring } from './bell.ts';
import type { Packet, Wiring } from './packet.ts';
import { isTell, unwrapPacket } from './parcel.ts';
import type { Parcel } from './parcel.ts';

/** So many packets for one thread are sent without waiting for the end of the turn. */
const FLUSH_AT = 64;
const SETTLED = Promise.resolve();

export class Outbox {
  readonly #wiring: Wiring;
  readonly #slot: number;
  readonly #boxes: Parcel[][];
  readonly #undeliverable: (packet: Packet, error: unknown) => void;
  readonly #onFlushed: () => void;
  readonly #onMessages: (count: number) => void;
  #scheduled = false;
  #filled = 0;
  /** Counts the batches that have been sent. */
  sent = 0;
  /** Whoever has set it flushes next, so that no microtask need. */
  driven = false;
  /** To whom the last of them went. */
  lastSlot = 0;
  /** What becomes of packets for others, when these have ended for good. */
  #bury: ((packet: Packet) => void) | undefined;
  /** How many of the packets in each box, and in all, are messages to actors. */
  readonly #messages: number[];
  #allMessages = 0;

  /** `undeliverable` is told of what can't travel; `onFlushed` is called after a flush that nobody asked for; `onMessages` is told how many messages to actors haven't been sent. */
  constructor(
    wiring: Wiring,
    slot: number,
    undeliverable: (packet: Packet, error: unknown) => void,
    onFlushed: () => void,
    onMessages: (count: number) => void,
  ) {
    this.#wiring = wiring;
    this.#slot = slot;
    this.#boxes = wiring.inboxes.map(() => []);
    this.#undeliverable = undeliverable;
    this.#onFlushed = onFlushed;
    this.#onMessages = onMessages;
    this.#messages = wiring.inboxes.map(() => 0);
  }

  post(slot: number, parcel: Parcel): void {
    const box = this.#boxes[slot]!;
    if (isMessage(parcel)) {
      this.#messages[slot]! += 1;
      this.#onMessages((this.#allMessages += 1));
    }
    if (box.push(parcel) === 1) this.#filled += 1;
    if (box.length >= FLUSH_AT) this.send(slot);
    else if (!this.#scheduled && !this.driven) {
      this.#scheduled = true;
      // Cheaper than `queueMicrotask`, which in Node is a call into C++.
      void SETTLED.then(this.#flushSoon);
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

  /** There are no others any more: `bury` is given what is for them. */
  close(bury: (packet: Packet) => void): void {
    this.#bury = bury;
  }

  /** Sends what there is for one thread, and wakes it. */
  send(slot: number, loudly = false): void {
    const box = this.#boxes[slot]!;
    if (box.length === 0) return;
    // One alone leaves its box, which is there for the next then.
    const alone = box.length === 1 ? box.pop() : undefined;
    if (alone === undefined) this.#boxes[slot] = [];
    this.#filled -= 1;
    this.sent += 1;
    this.lastSlot = slot;
    const inbox = this.#wiring.inboxes[slot]!;
    if (this.#bury !== undefined && slot !== this.#slot) {
      for (const parcel of alone === undefined ? box : [alone]) this.#bury(unwrapPacket(parcel));
    } else if (alone !== undefined) this.#sendAlone(inbox, alone);
    else {
      try {
        inbox.putMany(box);
      } catch {
        // One that can't travel keeps all from being put.
        for (const parcel of box) this.#sendAlone(inbox, parcel);
      }
    }
    ring(this.#wiring.bells, slot, loudly);
    const messages = this.#messages[slot]!;
    if (messages === 0) return;
    this.#messages[slot] = 0;
    this.#onMessages((this.#allMessages -= messages));
  }

  #sendAlone(inbox: SimpleQueue<Parcel>, parcel: Parcel): void {
    try {
      inbox.put(parcel);
    } catch {
      this.#explain(inbox, unwrapPacket(parcel));
    }
  }

  /** The error shall name the place in the packet. */
  #explain(inbox: SimpleQueue<Parcel>, packet: Packet): void {
    try {
      inbox.put(packet);
    } catch (error) {
      this.#undeliverable(packet, error);
    }
  }
}

/** Whether it is a message to an actor. */
function isMessage(parcel: Parcel): boolean {
  if (isTell(parcel)) return true;
  const kind = (parcel as Packet)[0];
  return kind === 'tell' || kind === 'send';
}
