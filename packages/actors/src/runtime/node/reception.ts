/**
 * `Reception`: how a thread handles what others put into its inbox, and how it waits for more.
 *
 * ```
 *            empty            nothing in place        nothing              nothing, and the loop may stand still      nothing for a while
 *  HANDLING ──────▶ WATCHING ─────────────────▶ HOPS ─────────▶ BLOCKED ───────────────────────────────────▶ TURN ─────────────────────▶ ASLEEP
 *     ▲                │ something                │ something     │ rung              ▲     BLOCKED, slices ◀───┘ something                │ rung
 *     └────────────────┴──────────────────────────┴───────────────┴───────────────────┴────────┘ rung ◀────────────────────────────────────┘
 * ```
 *
 * To be woken out of an event loop costs both sides several times what a small message costs, so a thread comes back to it last:
 *
 * - **Watching** in place costs nothing if the answer comes in some microseconds from another core. It stops by itself where it doesn't pay: what failed twice
 *   in a row is tried again only now and then (`patience.ts`), since on busy cores the watcher takes the core from the one that it waits for. The main thread watches only while it waits
 *   for an answer, or when it has just answered itself. Two threads that share a core have `apart.ts`.
 * - **Hops** let promises that are settled go first: what they set off is often the next question.
 * - **Blocking** wakes faster than the event loop does. Once in a wait it is done without asking what the loop waits for, as long as that ends quickly; a turn of the loop stands between two
 *   such waits if the last is more than a millisecond ago. After that only if nothing but timers holds the loop, and in slices that end before a timer of
 *   an actor is due; what doesn't hold the loop waits for one slice at most. The main thread blocks only while it waits for an answer or has just given one, and in short slices.
 * - **A turn** of the event loop gives promises, input and timers what is theirs.
 * - **Asleep** the event loop is the thread's, for as long as it likes. While it sleeps on the main thread, a question that goes out watches for its answer; the sleep is announced anew in the next
 *   turn only, so that questions that follow each other announce it once.
 *
 * A thread takes a message out of shared memory only when it has handled the one before, up to its first `await`: what it hasn't begun when it dies is there for its successor.
 */
import type { SimpleQueue, Taken } from '@heddle/core';
import type { Dispatcher } from '../dispatcher.ts';
import { Apart } from './apart.ts';
import { Bell } from './bell.ts';
import { NOTHING, OTHERS, canBlock, heldBy } from './event-loop.ts';
import type { Outbox } from './outbox.ts';
import type { Packet, Wiring } from './packet.ts';
import type { Parcel } from './parcel.ts';
import { Patience } from './patience.ts';

/** How long packets are handled before input, output and timers are served. */
const SLICE_MS = 5;
/** So long it watches in place: an answer from another core takes a few microseconds. */
const WATCH_MS = 0.03;
/** Looks between two readings of the clock. */
const LOOKS = 8;
/** Far more than there is time for: a clock that a test has put there may stand still. */
const MOST_ROUNDS = 20_000;
/** So long answers may follow each other in place before the event loop turns. */
const LONGEST_BURST_MS = 1;
/** With more questions under way the others have more use for the core than the asker. */
const WATCH_FEW = 2;
/** Promises that are settled go before that and before sleep, by so many hops. */
const HOPS = 6;
const SETTLED = Promise.resolve();
/** A scheduler thread blocks for so long in one go, and so often, before it sleeps with its event loop. */
const BLOCK_MS = 5;
const BLOCKS = 5;
/** The same where timers that aren't an actor's wait in the event loop, and for the main thread. */
const BLOCK_BRIEFLY_MS = 1;
/** The same where nobody has asked what the event loop waits for. Shorter is dearer: the platform has to set an alarm for each wait. */
const BLOCK_AT_ONCE_MS = 0.5;
/** It has been quick enough for something else that the event loop may wait for. */
const QUICK_MS = 0.1;

const SEVERAL_CORES =
  ((globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2) > 1;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? ((): void => {});

/** What the reception does its work for. */
export interface Receiver {
  readonly stopped: boolean;
  /** How many questions wait for answers here. */
  readonly questions: number;
  /** What had to wait and may be handled now, before the inbox. */
  takeParked(): Taken<Packet> | undefined;
  open(parcel: Parcel): void;
  readonly outbox: Outbox;
}

export class Reception {
  readonly #receiver: Receiver;
  readonly #dispatcher: Dispatcher;
  readonly #inbox: SimpleQueue<Parcel>;
  readonly #bell: Bell;
  /** Whether the thread is there for this alone. */
  readonly #own: boolean;
  readonly #mayBlock: boolean;
  /** What the last look found, to be handled at once. */
  #found: Taken<Parcel> | undefined;
  #pumping = false;
  readonly #watching = new Patience();
  readonly #blocking = new Patience();
  readonly #apart: Apart;
  /** When it last began to watch, if what it found had been there at once; or 0. */
  #watchedAt = 0;
  /** What the clock said lately. */
  #time = 0;
  /** Of this turn of the event loop: since when it hasn't had another. */
  #burstSince = 0;
  #blocks = 0;
  /** Whether something has been handled since promises had their turn. */
  #fresh = false;
  #wake: (() => void) | undefined;
  /** Whether `#sleepOn` is to come. */
  #sleepsSoon = false;
  /** Whether what was handled last has had an answer, so that the next is likely to be under way. */
  #converses = false;

  constructor(receiver: Receiver, dispatcher: Dispatcher, wiring: Wiring, slot: number) {
    this.#receiver = receiver;
    this.#dispatcher = dispatcher;
    this.#inbox = wiring.inboxes[slot]!;
    this.#bell = new Bell(wiring.bells, slot);
    this.#apart = new Apart(wiring.bells, slot);
    this.#own = slot !== 0;
    this.#mayBlock = canBlock();
  }

  /** Handles what comes, until the receiver has stopped. */
  async run(): Promise<void> {
    const { host } = this.#dispatcher;
    let turned = (this.#time = host.now());
    const turn = async (): Promise<void> => {
      await new Promise<void>(resolve => host.later(resolve));
      turned = this.#time = host.now();
      this.#burstSince = 0;
    };
    for (;;) {
      const { sent } = this.#receiver.outbox;
      const more = this.#pump();
      if (this.#receiver.stopped) break;
      // Actors that aren't done have their next turn with the event loop's: looking again then costs less than to be woken, and blocking would keep them from it.
      // Also if something is found again and again just before falling asleep.
      if (more || this.#dispatcher.waiting > 0 || this.#time - turned > SLICE_MS) {
        await turn();
        continue;
      }
      this.#converses = this.#receiver.outbox.sent !== sent;
      if (this.#mayWatch()) {
        if (this.#watch()) continue;
        if (this.#burstIsOver() || this.#apart.holds()) {
          await turn();
          continue;
        }
      }
      if (this.#fresh) {
        // What was handled may have settled promises, whose actions ask the next question.
        this.#fresh = false;
        for (let hop = 0; hop < HOPS; hop++) await SETTLED;
        this.#receiver.outbox.flush();
        if (this.#look()) continue;
      }
      if (this.#mayBlockAtOnce()) {
        if (this.#burstIsOver()) await turn();
        this.#blockAtOnce();
        continue;
      }
      const slice = this.#slice();
      if (slice > 0) {
        // What promises, input and timers have to do comes before the loop stands still.
        await turn();
        if (this.#look()) continue;
      }
      if (slice > 0) {
        this.#bell.announceBlock();
        if (!this.#look()) {
          this.#blocks += 1;
          this.#bell.block(slice);
          this.#time = host.now();
        }
      } else {
        this.#bell.announceSleep();
        if (!this.#look()) {
          await this.#sleep();
          turned = this.#time = host.now();
          this.#burstSince = 0;
        }
      }
      this.#bell.awake();
    }
    this.#receiver.outbox.flush();
  }

  /** Something may be handled that waited, or a thread has died, perhaps when it was about to wake this one. */
  lookAgain(): void {
    this.#wake?.();
  }

  /** A question has just gone out: its answer may come in a moment. */
  expectAnswer(): void {
    if (this.#pumping || !this.#mayWatch()) return this.#wake?.();
    if (!this.#sleepsSoon) this.#bell.awake();
    if (!this.#watch() || this.#pump()) return this.#wake?.();
    if (this.#wake === undefined || this.#sleepsSoon) return;
    this.#sleepsSoon = true;
    this.#dispatcher.host.later(this.#sleepOn);
  }

  /**
   * The loop has been asleep all the while and stays so, if nothing came. Not at once, since the next question is likely to follow, and to announce it each time costs a fence and a look. Until then
   * the bell says that this thread looks by itself, which it does, here.
   */
  readonly #sleepOn = (): void => {
    this.#sleepsSoon = false;
    const wake = this.#wake;
    if (wake === undefined) return;
    this.#bell.announceSleep();
    if (!this.#look()) return;
    this.#bell.awake();
    wake();
  };

  /** Handles what there is; true if its slice is over before that. */
  #pump(): boolean {
    if (this.#pumping) return false;
    this.#pumping = this.#receiver.outbox.driven = true;
    const { host } = this.#dispatcher;
    const start = this.#time;
    let count = 0;
    try {
      while (!this.#receiver.stopped) {
        if (!this.#look()) return false;
        const { value } = this.#found!;
        this.#found = undefined;
        this.#blocks = 0;
        this.#fresh = true;
        this.#dispatcher.driven = true;
        try {
          this.#receiver.open(value);
        } finally {
          this.#dispatcher.driven = false;
          // What a message sets off is done before the next is taken out of shared memory, where a crash can't lose it.
          this.#dispatcher.runNow(this.#time);
        }
        count += 1;
        if ((count & 7) === 0 && (this.#time = host.now()) - start > SLICE_MS) return true;
      }
      return false;
    } finally {
      this.#pumping = this.#receiver.outbox.driven = false;
      this.#receiver.outbox.flush();
    }
  }

  /** Takes the next out of shared memory, if it hasn't been; it is handled before anything else is done. */
  #look(): boolean {
    this.#found ??= this.#receiver.takeParked() ?? this.#inbox.tryGet();
    return this.#found !== undefined;
  }

  #burstIsOver(): boolean {
    return this.#burstSince !== 0 && this.#time - this.#burstSince > LONGEST_BURST_MS;
  }

  #mayWatch(): boolean {
    if (!SEVERAL_CORES) return false;
    // What the handlers wait for comes with a turn.
    if (this.#own && this.#dispatcher.awaiting > 0) return false;
    const { questions } = this.#receiver;
    if (!this.#own && (questions === 0 ? !this.#converses : questions > WATCH_FEW)) return false;
    return this.#watching.mayTry() || this.#apart.holds();
  }

  /** Looks at the inbox for a moment; true if something is there. */
  #watch(): boolean {
    const start = (this.#time = performance.now());
    const held = this.#apart.holds();
    if (this.#burstSince === 0) this.#burstSince = start;
    else if (this.#burstIsOver()) return false;
    // If from watching to watching no time is lost, what was found was there at once: then nobody need ask the clock for each.
    const sure = start - this.#watchedAt < WATCH_MS;
    if (sure) this.#paid(true);
    this.#watchedAt = start;
    const until = start + (held ? LONGEST_BURST_MS : WATCH_MS);
    let rounds = MOST_ROUNDS;
    do {
      for (let look = LOOKS; look > 0; look--) {
        if (this.#look()) {
          if (!sure) this.#paid((this.#time = performance.now()) - start < WATCH_MS);
          return true;
        }
        pause();
      }
      this.#time = performance.now();
    } while (this.#time < until && --rounds > 0);
    this.#watchedAt = 0;
    if (!held) this.#watching.learn(false);
    return false;
  }

  /** What comes after the watcher's core was taken away for somebody else's good has cost more than to sleep. */
  #paid(paid: boolean): void {
    this.#watching.learn(paid);
    if (paid) this.#apart.foundAtOnce();
  }

  /** Whether it may block for a moment without asking what its event loop waits for, and giving that a turn. */
  #mayBlockAtOnce(): boolean {
    if (!this.#mayBlock || this.#blocks > 0 || this.#dispatcher.awaiting > 0) return false;
    if (!this.#own && this.#receiver.questions === 0 && !this.#converses) return false;
    return this.#blocking.mayTry();
  }

  #blockAtOnce(): void {
    this.#blocks = 1;
    if (this.#burstSince === 0) this.#burstSince = this.#time;
    const due = (this.#dispatcher.nextTimer ?? Infinity) - this.#time;
    if (due <= 0) return;
    this.#bell.announceBlock();
    const blocked = !this.#look();
    const start = performance.now();
    const long = this.#own && heldBy() === NOTHING;
    const rang = blocked && this.#bell.block(Math.min(due, long ? BLOCK_MS : BLOCK_AT_ONCE_MS));
    this.#bell.awake();
    if (!blocked) return;
    this.#time = performance.now();
    this.#blocking.learn(rang && (long || this.#time - start < QUICK_MS));
    if (rang) this.#apart.sleptFor(this.#time, this.#receiver.outbox.lastSlot);
  }

  /** For how long the thread may block now; 0 if it may not. */
  #slice(): number {
    if (!this.#mayBlock || this.#blocks >= BLOCKS) return 0;
    if (!this.#own && this.#receiver.questions === 0) return 0;
    const held = heldBy();
    if (held === OTHERS) return 0;
    const dispatcher = this.#dispatcher;
    const due = (dispatcher.nextTimer ?? Infinity) - dispatcher.host.now();
    return Math.max(0, Math.min(due, this.#own && held === NOTHING ? BLOCK_MS : BLOCK_BRIEFLY_MS));
  }

  #sleep(): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        if (this.#wake !== wake) return;
        this.#wake = undefined;
        this.#blocks = 0;
        resolve();
      };
      this.#wake = wake;
      void this.#bell.sleep().then(wake);
    });
  }
}
