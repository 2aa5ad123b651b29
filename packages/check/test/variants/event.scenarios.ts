import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw = 'no generation' | 'looks at the generation too late' | 'forgets to notify' | 'notifies one';

const FLAG = 0;
const GENERATION = 1;

function isSet(event: Int32Array): boolean {
  return Atomics.load(event, FLAG) === 1;
}

function set(event: Int32Array, flaw: Flaw | undefined): void {
  Atomics.store(event, FLAG, 1);
  Atomics.add(event, GENERATION, 1);
  if (flaw === 'forgets to notify') return;
  Atomics.notify(event, GENERATION, flaw === 'notifies one' ? 1 : Infinity);
}

function clear(event: Int32Array): void {
  Atomics.store(event, FLAG, 0);
}

/** Waits until the event is set; or has been since `generation`, however short. */
function wait(
  event: Int32Array,
  flaw: Flaw | undefined,
  generation: number = Atomics.load(event, GENERATION),
): void {
  if (flaw === 'no generation') {
    while (!isSet(event)) Atomics.wait(event, GENERATION, Atomics.load(event, GENERATION));
    return;
  }
  if (flaw === 'looks at the generation too late') {
    if (isSet(event)) return;
    Atomics.wait(event, GENERATION, Atomics.load(event, GENERATION));
    return;
  }
  while (!isSet(event) && Atomics.load(event, GENERATION) === generation) {
    Atomics.wait(event, GENERATION, generation);
  }
}

export const event: Variants = variants<Flaw, { event: Int32Array }>(
  import.meta,
  ['looks at the generation too late', 'forgets to notify', 'notifies one'],
  flaw => ({
    setup: () => ({ event: words(2) }),
    threads: [
      ({ event }) => wait(event, flaw),
      ({ event }) => wait(event, flaw),
      ({ event }) => set(event, flaw),
    ],
  }),
);

interface Pulsed {
  event: Int32Array;
  asleep: Int32Array;
}

/** Who stood there when the event was set goes on, although it was cleared at once. */
export const pulse: Variants = variants<Flaw, Pulsed>(import.meta, ['no generation'], flaw => ({
  setup: () => ({ event: words(2), asleep: words(1) }),
  threads: [
    ({ event, asleep }): void => {
      const generation = Atomics.load(event, GENERATION);
      Atomics.store(asleep, 0, 1);
      Atomics.notify(asleep, 0);
      wait(event, flaw, generation);
    },
    ({ event, asleep }): void => {
      while (Atomics.load(asleep, 0) === 0) Atomics.wait(asleep, 0, 0);
      set(event, flaw);
      clear(event);
    },
  ],
}));
