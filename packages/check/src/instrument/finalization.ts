/**
 * Puts finalizers off until the conductor lets this thread turn its event loop between two schedules. When the collector finds something is up to it:
 * in the middle of a schedule it would make schedules differ, and a finalizer that waits for a lock whose holder isn't being chosen would wait for
 * ever.
 */
const postponed: Array<() => void> = [];

/** Runs what was put off. */
export function finalizeNow(): void {
  for (const action of postponed.splice(0)) action();
}

/** Puts a registry in the place of the platform's that calls back in `finalizeNow` only. */
export function instrumentFinalization(): void {
  const Real = FinalizationRegistry;
  globalThis.FinalizationRegistry = class<T> extends Real<T> {
    constructor(callback: (held: T) => void) {
      super(held => {
        postponed.push(() => callback(held));
      });
    }
  } as FinalizationRegistryConstructor;
}
