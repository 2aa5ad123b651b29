/**
 * Virtual time: every clock of a thread under test reads the schedule's time, which passes when the strategy says so, and a little
 * at every reading, so that a loop that polls a clock comes to its end.
 */
import { me } from '../control/kernel.ts';
import { TIMES } from '../control/layout.ts';
import { times } from '../control/words.ts';

/** Virtual time at the beginning of each schedule, and what `Date` makes of it. */
export const START_MS = 1_000_000;
const EPOCH_MS = Date.UTC(2030, 0, 1) - START_MS;

/** Waits and timers for longer than a day are for ever: an idle interval that only keeps the process alive must not hide a deadlock. */
export const NEVER_MS = 86_400_000;

const READING_MS = 0.001;
/** From this many readings on, each costs a fifth more than the last: somebody polls. */
const PATIENT_READINGS = 32;
const LONGEST_READING_MS = 1000;

let readings = 0;

/** A new schedule: clocks are cheap to read again. */
export function resetClock(): void {
  readings = 0;
}

function read(): number {
  if (me >= 0) {
    readings++;
    const excess = Math.max(0, readings - PATIENT_READINGS);
    times[TIMES.now]! += Math.min(READING_MS * 1.2 ** excess, LONGEST_READING_MS);
  }
  return times[TIMES.now]!;
}

/** Puts virtual clocks in the place of `performance.now`, `Date` and `process.hrtime`. */
export function instrumentClocks(): void {
  Object.defineProperty(performance, 'now', { value: read, writable: true, configurable: true });
  const today = (): number => Math.floor(EPOCH_MS + read());
  const RealDate = Date;
  const VirtualDate: DateConstructor = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 ? [today()] : args,
        newTarget === VirtualDate ? target : newTarget,
      ) as Date,
    apply: () => new RealDate(today()).toString(),
  });
  RealDate.now = today;
  RealDate.prototype.constructor = VirtualDate;
  globalThis.Date = VirtualDate;
  const hrtime = (previous?: [number, number]): [number, number] => {
    const ms = read();
    let seconds = Math.floor(ms / 1000);
    let nanos = Math.round((ms % 1000) * 1e6);
    if (previous !== undefined) {
      seconds -= previous[0];
      nanos -= previous[1];
      if (nanos < 0) {
        seconds -= 1;
        nanos += 1e9;
      }
    }
    return [seconds, nanos];
  };
  process.hrtime = Object.assign(hrtime, { bigint: () => BigInt(Math.round(read() * 1e6)) });
}
