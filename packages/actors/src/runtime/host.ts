/** Time, chance and turns of the event loop, as parameters: what a scheduler needs of the platform, so that a test can be all of it. */

export interface Host {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970, for cron. */
  wall(): number;
  /** From 0 up to, and not including, 1. */
  random(): number;
  /** Runs `turn` when the running code is done, before input and output. */
  soon(turn: () => void): void;
  /** Runs `turn` after input, output and timers had theirs. */
  later(turn: () => void): void;
  /** Calls `ring` at a time of `now()`; replaces the alarm set before; `undefined` cancels it. It doesn't keep the program running. */
  alarm(at: number | undefined, ring: () => void): void;
  /** Keeps the program running until `release`; counted. */
  hold(): void;
  release(): void;
}

interface NodeTimer {
  ref?(): void;
  unref?(): void;
}

/** The longest delay that `setTimeout` takes. */
const LONGEST_DELAY = 0x7fff_ffff;

/** The real platform. */
export class PlatformHost implements Host {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keeper: NodeTimer | undefined;
  #holds = 0;

  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  random(): number {
    return Math.random();
  }

  soon(turn: () => void): void {
    queueMicrotask(turn);
  }

  later(turn: () => void): void {
    if (typeof setImmediate === 'function') setImmediate(turn);
    else throughChannel(turn);
  }

  alarm(at: number | undefined, ring: () => void): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (at === undefined) return;
    const delay = Math.min(LONGEST_DELAY, Math.max(0, Math.ceil(at - this.now())));
    this.#timer = setTimeout(ring, delay);
    (this.#timer as NodeTimer).unref?.();
  }

  hold(): void {
    this.#holds += 1;
    if (this.#holds > 1) return;
    // An idle interval holds the event loop; making and breaking the hold is cheap.
    this.#keeper ??= setInterval(() => {}, LONGEST_DELAY) as unknown as NodeTimer;
    this.#keeper.ref?.();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#keeper?.unref?.();
  }
}

let channel: MessageChannel | undefined;
const turns: (() => void)[] = [];

/** A turn of the event loop where there is no `setImmediate`; `setTimeout(0)` costs milliseconds in browsers. */
function throughChannel(turn: () => void): void {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => turns.shift()?.();
  }
  turns.push(turn);
  channel.port2.postMessage(0);
}
