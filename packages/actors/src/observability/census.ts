/** Reads what all threads show of their actors (`gauges.ts`), without asking any of them. */
import type { SharedInt32Array, SimpleQueue } from '@heddle/core';
import type { Wiring } from '../runtime/node/packet.ts';
import { ID_STEP } from '../runtime/runtime.ts';
import {
  AGENT,
  GUEST,
  RECORD,
  RECORD_WORDS,
  STATE_NAMES,
  THREAD,
  USED,
  WAITING,
  chunkOf,
  placeOf,
} from './gauges.ts';
import type { Announcement } from './gauges.ts';
import { busyFor } from './tally.ts';

/** One actor as its thread shows it (snapshot). */
export interface Shown {
  readonly id: number;
  readonly slot: number;
  /** Record of the parent on the same thread, or -1. */
  readonly parent: number;
  /** It stands for the actor of the same number on another thread. */
  readonly isAgent: boolean;
  readonly isGuest: boolean;
  /** It waits for a promise. */
  readonly awaits: boolean;
  readonly state: string;
  /** In its thread's own memory. */
  readonly waiting: number;
  /** In shared memory, where it outlives the thread. */
  readonly elsewhere: number;
  readonly handled: number;
  readonly restarts: number;
  readonly busyMicros: number;
  readonly actor: string;
  readonly label: string;
}

/** Messages that a thread has taken along into its death. */
export interface Loss {
  readonly path: string;
  readonly count: number;
}

/** One thread as it shows itself (snapshot). */
export interface ShownThread {
  readonly slot: number;
  readonly actors: ReadonlyMap<number, Shown>;
  /** Record of the actor whose turn it is, or -1. */
  readonly current: number;
  readonly handled: number;
  readonly busyMicros: number;
  /** How long its turn has lasted; `undefined` if it has none. */
  readonly turnMs: number | undefined;
  /** Messages that it hasn't taken out of its inbox. */
  readonly waiting: number;
  /** Messages to other threads that it hasn't sent. */
  readonly unsent: number;
}

interface Source {
  readonly generation: number;
  /** In the order of their records; a handle keeps its memory. */
  readonly chunks: SharedInt32Array[];
  readonly names: string[];
}

const TWO_32 = 2 ** 32;

export class Census {
  readonly #queue: SimpleQueue<Announcement>;
  readonly #wiring: Wiring;
  readonly #sources = new Map<number, Source>();
  /** The last error of actors, by path. */
  readonly errors: Map<string, string> = new Map<string, string>();

  constructor(queue: SimpleQueue<Announcement>, wiring: Wiring) {
    this.#queue = queue;
    this.#wiring = wiring;
  }

  #listen(): void {
    for (let taken = this.#queue.tryGet(); taken !== undefined; taken = this.#queue.tryGet()) {
      const told = taken.value;
      if (told[0] === 'error') {
        this.noteError(told[1], told[2]);
        continue;
      }
      const [, slot, generation] = told;
      let source = this.#sources.get(slot);
      if (source !== undefined && source.generation > generation) continue;
      if (source === undefined || source.generation < generation) {
        // Collection may take long to come, and threads may die often.
        for (const chunk of source?.chunks ?? []) chunk.dispose();
        source = { generation, chunks: [], names: [] };
        this.#sources.set(slot, source);
      }
      if (told[0] === 'chunk') source.chunks.push(told[4]);
      else source.names[told[3]] = told[4];
    }
  }

  /** Remembers the last error of an actor. */
  noteError(path: string, error: string): void {
    this.errors.delete(path);
    this.errors.set(path, error);
    // The oldest goes.
    if (this.errors.size > MOST_ERRORS) this.errors.delete(this.errors.keys().next().value!);
  }

  /** Reads all threads, and has them measure times from now on. */
  read(): ShownThread[] {
    const threads = this.#readAll();
    for (const { chunks } of this.#sources.values()) chunks[0]!.view[THREAD.wantsTimes] = 1;
    return threads;
  }

  #readAll(): ShownThread[] {
    this.#listen();
    return [...this.#sources]
      .map(([slot, source]) => this.#readThread(slot, source))
      .sort((a, b) => a.slot - b.slot);
  }

  /**
   * What a thread that has just died, and hasn't got a successor yet, had in its own memory: messages in mailboxes and stashes, by actor, and under the path `''` what it had
   * told other threads and not sent. Exact. `pathOf` knows the paths of actors on other threads that were started from here.
   */
  losses(slot: number, pathOf: (id: number) => string | undefined): Loss[] {
    const threads = this.#readAll();
    const dead = threads.find(thread => thread.slot === slot);
    if (dead === undefined) return [];
    const losses: Loss[] = [];
    for (const shown of dead.actors.values()) {
      const count = shown.waiting;
      if (count > 0) losses.push({ path: pathFrom(threads, shown, pathOf), count });
    }
    if (dead.unsent > 0) losses.push({ path: '', count: dead.unsent });
    return losses;
  }

  /** Whether the thread of a generation, or a later one, has begun to show itself. */
  hasBegun(slot: number, generation: number): boolean {
    this.#listen();
    return (this.#sources.get(slot)?.generation ?? -1) >= generation;
  }

  /** The path of the actor whose turn a thread has died in, if it did; as `losses`. */
  running(slot: number, pathOf: (id: number) => string | undefined): string | undefined {
    const threads = this.#readAll();
    const dead = threads.find(thread => thread.slot === slot);
    const shown = dead?.actors.get(dead.current);
    return shown && pathFrom(threads, shown, pathOf);
  }

  #readThread(slot: number, source: Source): ShownThread {
    const actors = new Map<number, Shown>();
    let record = 0;
    for (const { view } of source.chunks) {
      for (let at = 0; at < view.length; at += RECORD_WORDS, record++) {
        if (record === 0 || (view[at + RECORD.flags]! & USED) === 0) continue;
        const shown = readActor(slot, view, at, source.names);
        actors.set(record, shown.elsewhere < 0 ? withTally(shown, source) : shown);
      }
    }
    const { view } = source.chunks[0]!;
    const current = view[THREAD.current]! - 1;
    const running = actors.get(current);
    // What its turn has begun no longer waits, which its record says only afterwards.
    if (running !== undefined)
      actors.set(current, { ...running, waiting: Math.max(0, running.waiting - view[THREAD.begun]!) });
    const high = view[THREAD.turnHigh]!;
    const began = high === 0 ? undefined : (high * TWO_32 + (view[THREAD.turnLow]! >>> 0)) / 1000;
    return {
      slot,
      actors,
      current,
      handled: view[THREAD.handled]! >>> 0,
      busyMicros: view[THREAD.busy]! >>> 0,
      turnMs:
        began === undefined ? undefined : Math.max(0, performance.timeOrigin + performance.now() - began),
      waiting: this.#wiring.inboxes[slot]!.size,
      unsent: view[THREAD.unsent]!,
    };
  }
}

const MOST_ERRORS = 1000;

/** The path of an actor, from parent to parent and from thread to thread. */
function pathFrom(
  threads: readonly ShownThread[],
  shown: Shown,
  pathOf: (id: number) => string | undefined,
): string {
  let at = shown;
  if (shown.isGuest) {
    const known = pathOf(shown.id);
    if (known !== undefined) return known;
    // Started by an actor on a third thread, which has an agent for it.
    for (const { actors } of threads)
      for (const each of actors.values()) if (each.isAgent && each.id === shown.id) at = each;
  }
  const parent = threads.find(({ slot }) => slot === at.slot)?.actors.get(at.parent);
  const above = parent === undefined || at.isGuest ? '' : pathFrom(threads, parent, pathOf);
  return `${above}/${nameOf(at)}`;
}

/** The last part of an actor's path. */
export function nameOf({ label, actor, id }: Shown): string {
  return label === '' ? `${actor}:${Math.floor(id / ID_STEP)}` : label;
}

/** A dedicated actor as its tally says that it is. */
function withTally(shown: Shown, { chunks }: Source): Shown {
  const record = -1 - shown.elsewhere;
  const view = chunks[chunkOf(record)]!.view;
  const at = placeOf(record);
  return {
    ...shown,
    awaits: view[at + RECORD.flags] !== 0,
    // A thread may end between taking one and saying so.
    elsewhere: Math.max(0, view[at + RECORD.depth]!),
    handled: view[at + RECORD.handled]! >>> 0,
    busyMicros: (view[at + RECORD.busy]! + busyFor(view, at)) >>> 0,
  };
}

function readActor(slot: number, view: Int32Array, at: number, names: readonly string[]): Shown {
  const flags = view[at + RECORD.flags]!;
  const length = view[at + RECORD.labelLength]!;
  let label = length < 0 ? (names[-1 - length] ?? '') : '';
  for (let n = 0; n < length; n++) {
    label += String.fromCharCode((view[at + RECORD.label + (n >> 2)]! >>> ((n & 3) * 8)) & 255);
  }
  return {
    id: view[at + RECORD.idHigh]! * TWO_32 + (view[at + RECORD.idLow]! >>> 0),
    slot,
    parent: view[at + RECORD.parent]! - 1,
    isAgent: (flags & AGENT) !== 0,
    isGuest: (flags & GUEST) !== 0,
    awaits: (flags & WAITING) !== 0,
    state: STATE_NAMES[flags & 0xff] ?? 'running',
    waiting: view[at + RECORD.depth]!,
    elsewhere: view[at + RECORD.elsewhere]!,
    handled: view[at + RECORD.handled]! >>> 0,
    restarts: view[at + RECORD.restarts]!,
    busyMicros: view[at + RECORD.busy]! >>> 0,
    actor: names[view[at + RECORD.name]!] ?? '',
    label,
  };
}
