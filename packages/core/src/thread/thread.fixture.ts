/** Tasks for the tests of threads. */
import { Event } from '../sync/event.ts';
import { Lock } from '../sync/lock.ts';
import { task } from './target.ts';
import { currentThread, enumerate, mainThread } from './current-thread.ts';
import { Thread } from './thread.ts';

/** Module scope works in a thread: the module is imported there. */
const factor = 3;

export const triple = task(import.meta, function triple(n: number): number {
  return n * factor;
});

export const tripleLater = task(import.meta, async function tripleLater(n: number): Promise<number> {
  await new Promise(resolve => setTimeout(resolve, 1));
  return n * factor;
});

/** Two without a name, and two of one name. */
export const alike = [
  task(import.meta, () => 0),
  task(import.meta, () => 1),
  task(import.meta, function same() {
    return 2;
  }),
  task(import.meta, function same() {
    return 3;
  }),
];

export class BrokenThing extends RangeError {
  readonly code = 'E_BROKEN';
  readonly detail = { at: [1, 2] };
}

export const breakThing = task(import.meta, function breakThing(): never {
  throw new BrokenThing('it broke', { cause: new TypeError('the cause') });
});

export const throwValue = task(import.meta, function throwValue(value: unknown): never {
  throw value;
});

export const whoAmI = task(import.meta, function whoAmI(): {
  name: string;
  daemon: boolean;
  main: string;
  ident: number | undefined;
  alive: string[];
} {
  const me = currentThread();
  return {
    name: me.name,
    daemon: me.daemon,
    main: mainThread().name,
    ident: me.ident,
    alive: enumerate().map(thread => thread.name),
  };
});

/** Starts a thread, hands out its handle and ends: the child must outlive it. */
export const startAnother = task(import.meta, function startAnother(gate: Lock): Thread<typeof waitForGate> {
  return new Thread(waitForGate, { args: [gate], name: 'grandchild' }).start();
});

export const waitForGate = task(import.meta, function waitForGate(gate: Lock): string {
  const got = gate.acquire({ timeout: 20_000 });
  if (got) gate.release();
  return got ? 'passed the gate' : 'the gate stayed shut';
});

export const returnFunction = task(import.meta, function returnFunction(): unknown {
  return { jobs: [{ callback: () => 1 }] };
});

export const inheritDaemon = task(import.meta, function inheritDaemon(): boolean {
  return new Thread(triple, { args: [1] }).daemon;
});

export const leaveTimerBehind = task(import.meta, function leaveTimerBehind(released: Lock): void {
  setTimeout(() => released.release(), 20);
});

export function exported(word: string): string {
  return `exported ${word}`;
}

export const setAll = task(import.meta, function setAll(events: Event[]): void {
  for (const event of events) event.set();
});
