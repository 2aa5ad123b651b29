/** The tree of actors over all threads, put together from what each shows, with rates since the tree before. */
import { nameOf } from './census.ts';
import type { Census, Shown, ShownThread } from './census.ts';

/** One actor, and those below it (snapshot). */
export interface ActorInfo {
  readonly path: string;
  /** What it was declared as. */
  readonly actor: string;
  readonly state: string;
  /** Whether its turn is now, or it waits for a promise. */
  readonly busy: boolean;
  /** How many messages wait for it: in its mailbox, stashed, in the queue of a dedicated actor, or in shared memory for its next instance. */
  readonly waiting: number;
  /** How many it has handled. */
  readonly handled: number;
  /** Messages a second since the tree was taken before; `undefined` the first time. */
  readonly rate: number | undefined;
  /** Which part of the time it was at work since the tree was taken before, from 0 to 1; `undefined` the first time. */
  readonly busyShare: number | undefined;
  readonly restarts: number;
  /** Its last error, in one line. */
  readonly lastError: string | undefined;
  /** 0 is the thread that made the system. */
  readonly thread: number;
  /** Those below it; none below the 200th level. */
  readonly children: readonly ActorInfo[];
}

/** One thread (snapshot). */
export interface ThreadInfo {
  /** 0 is the thread that made the system. */
  readonly thread: number;
  readonly actors: number;
  /** Messages from other threads that it hasn't taken yet. */
  readonly waiting: number;
  readonly handled: number;
  readonly rate: number | undefined;
  readonly busyShare: number | undefined;
  /** The actor whose turn it is. */
  readonly running: string | undefined;
  /** How long its turn has lasted: with more than some milliseconds it is stuck in an actor. */
  readonly turnMs: number | undefined;
}

/** What `inspect` shows. */
export interface SystemInfo {
  readonly root: ActorInfo;
  readonly threads: readonly ThreadInfo[];
}

interface Sample {
  readonly handled: number;
  readonly busyMicros: number;
}

/** Counts from sample to sample. One for each who looks, since rates are about the time since the last look. */
export class Rates {
  #before = new Map<string, Sample>();
  #now = new Map<string, Sample>();
  #seconds = 0;
  #taken: number | undefined;

  /** A look begins. */
  begin(): void {
    const time = performance.now();
    this.#seconds = this.#taken === undefined ? 0 : (time - this.#taken) / 1000;
    this.#taken = time;
    this.#before = this.#now;
    this.#now = new Map();
  }

  of(key: string, sample: Sample): { rate: number | undefined; busyShare: number | undefined } {
    this.#now.set(key, sample);
    const before = this.#before.get(key);
    if (before === undefined || this.#seconds === 0) return { rate: undefined, busyShare: undefined };
    // The counters wrap around.
    const handled = (sample.handled - before.handled) >>> 0;
    // Less than before: a turn that began before somebody looked isn't timed, and counts only while it lasts.
    const busy = Math.max(0, (sample.busyMicros - before.busyMicros) | 0) / 1e6;
    return { rate: handled / this.#seconds, busyShare: Math.min(1, busy / this.#seconds) };
  }
}

/** Takes the tree of all actors. */
export function takeTree(census: Census, rates: Rates): SystemInfo {
  const threads = census.read();
  rates.begin();
  const bySlot = new Map(threads.map(thread => [thread.slot, thread]));
  const guests = new Map<number, Shown>();
  const below = new Map<Shown, Shown[]>();
  const roots: Shown[] = [];
  for (const thread of threads) {
    for (const shown of thread.actors.values()) {
      if (shown.isGuest) guests.set(shown.id, shown);
      const parent = thread.actors.get(shown.parent);
      if (parent === undefined) {
        if (thread.slot === 0 && !shown.isGuest && shown.id === 0) roots.push(shown);
        continue;
      }
      const siblings = below.get(parent);
      if (siblings === undefined) below.set(parent, [shown]);
      else siblings.push(shown);
    }
  }
  const paths = new Map<Shown, string>();
  const info = (shown: Shown, path: string, depth: number): ActorInfo => {
    // What stands for an actor elsewhere is shown as what that actor shows of itself.
    const real = (shown.isAgent ? guests.get(shown.id) : undefined) ?? shown;
    paths.set(real, path);
    const thread = bySlot.get(real.slot)!;
    const children = depth > DEEPEST ? [] : [...(below.get(real) ?? [])].sort((a, b) => a.id - b.id);
    return {
      path: path === '' ? '/' : path,
      actor: shown.actor,
      state: real.state,
      busy: real.awaits || thread.actors.get(thread.current) === real,
      waiting: real.waiting + real.elsewhere,
      handled: real.handled,
      ...rates.of(`actor ${real.id}`, soFar(real, thread.actors.get(thread.current) === real, thread)),
      restarts: Math.max(shown.restarts, real.restarts),
      lastError: census.errors.get(path),
      thread: real.slot,
      children: children.map(child => info(child, `${path}/${nameOf(child)}`, depth + 1)),
    };
  };
  const counts = new Map<number, number>();
  const root = roots[0] === undefined ? EMPTY : info(roots[0], '', 0);
  for (const [{ slot }, path] of paths) if (path !== '') counts.set(slot, (counts.get(slot) ?? 0) + 1);
  return { root, threads: threads.map(thread => threadInfo(thread, rates, paths, counts)) };
}

/** A turn counts when it is over; one that lasts long is worth showing before. */
const LONG_MS = 10;

function soFar({ handled, busyMicros }: Sample, isRunning: boolean, { turnMs = 0 }: ShownThread): Sample {
  return { handled, busyMicros: busyMicros + (isRunning && turnMs > LONG_MS ? turnMs * 1000 : 0) };
}

const DEEPEST = 200;

const EMPTY: ActorInfo = {
  path: '/',
  actor: '',
  state: 'dead',
  busy: false,
  waiting: 0,
  handled: 0,
  rate: undefined,
  busyShare: undefined,
  restarts: 0,
  lastError: undefined,
  thread: 0,
  children: [],
};

function threadInfo(
  thread: ShownThread,
  rates: Rates,
  paths: ReadonlyMap<Shown, string>,
  counts: ReadonlyMap<number, number>,
): ThreadInfo {
  const running = thread.actors.get(thread.current);
  return {
    thread: thread.slot,
    actors: counts.get(thread.slot) ?? 0,
    waiting: thread.waiting,
    handled: thread.handled,
    ...rates.of(`thread ${thread.slot}`, soFar(thread, true, thread)),
    running: running === undefined ? undefined : (paths.get(running) ?? nameOf(running)),
    turnMs: thread.turnMs,
  };
}
