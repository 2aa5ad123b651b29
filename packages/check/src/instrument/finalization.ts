/** Puts finalizers off until no schedule runs: when the collector finds something is up to it, and would make schedules differ. */
import { me } from '../control/kernel.ts';

const postponed: Array<() => void> = [];

/** Runs what was put off. */
export function finalizeNow(): void {
  for (const action of postponed.splice(0)) action();
}

/** Puts a registry in the place of the platform's that calls back between schedules only. */
export function instrumentFinalization(): void {
  const Real = FinalizationRegistry;
  globalThis.FinalizationRegistry = class<T> extends Real<T> {
    constructor(callback: (held: T) => void) {
      super(held => {
        if (me < 0) callback(held);
        else postponed.push(() => callback(held));
      });
    }
  } as FinalizationRegistryConstructor;
}
