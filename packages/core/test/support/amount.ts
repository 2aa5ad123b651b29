/** How often a test repeats what only chance can find: a little at every change, much more in the nightly runs (`npm run stress`). */
import process from 'node:process';

const isLong = process.env['HEDDLE_LONG'] === '1';

/** `usual`, or `long` in the runs that have the time. */
export function amount(usual: number, long: number): number {
  return isLong ? long : usual;
}
