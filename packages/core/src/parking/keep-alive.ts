/**
 * Holds the event loop while anything in this thread waits asynchronously: a pending `Atomics.waitAsync` doesn't (measured: Node exits
 * with code 0 or 13 beneath it). One idle timer, created on first need and counted.
 */
interface Timer {
  ref?(): void;
  unref?(): void;
}

/** The longest delay that setTimeout takes: about 25 days. It does nothing when it fires. */
const LONG_MS = 0x7fff_ffff;

let timer: Timer | undefined;
let holders = 0;

/** Counts one more reason to stay alive. */
export function holdLoop(): void {
  holders += 1;
  if (holders > 1) return;
  if (timer === undefined) timer = setInterval(() => {}, LONG_MS) as unknown as Timer;
  else timer.ref?.();
}

/** Counts one reason less; at none the loop may end. */
export function releaseLoop(): void {
  holders -= 1;
  if (holders === 0) timer!.unref?.();
}
