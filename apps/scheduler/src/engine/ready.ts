// Runs that may begin, and how many of a group go on at a time. A run whose group is full, or rests, stands aside, so that it holds up nobody else.

import type { Clock } from '../time/clock.ts';
import type { Groups } from './groups.ts';
import { Heap } from './heap.ts';
import type { Run } from './job.ts';

/** By priority, then by time, then by age. */
export function isBefore(a: Run, b: Run): boolean {
  const byPriority = b.job.spec.priority - a.job.spec.priority;
  if (byPriority !== 0) return byPriority < 0;
  return a.scheduledFor === b.scheduledFor ? a.order < b.order : a.scheduledFor < b.scheduledFor;
}

interface Members {
  running: number;
  readonly aside: Heap<Run>;
}

export class Ready {
  readonly #line = new Heap<Run>(isBefore);
  readonly #members = new Map<string, Members>();
  readonly #groups: Groups;
  readonly #clock: Pick<Clock, 'wall'>;
  #aside = 0;

  constructor(groups: Groups, clock: Pick<Clock, 'wall'>) {
    this.#groups = groups;
    this.#clock = clock;
  }

  /** How many wait for a thread and for nothing else. */
  get inLine(): number {
    return this.#line.size;
  }

  /** How many wait. */
  get size(): number {
    return this.#line.size + this.#aside;
  }

  add(run: Run): void {
    this.#line.put(run);
  }

  /** Takes the first run out that may begin, and counts it into its group. */
  take(): Run | undefined {
    for (let run = this.#line.pop(); run !== undefined; run = this.#line.pop()) {
      const name = run.job.spec.group;
      run.group = name;
      if (name === undefined) return run;
      const group = this.#of(name);
      if (group.running < this.#groups.room(name)) {
        group.running += 1;
        return run;
      }
      group.aside.put(run);
      run.isAside = true;
      this.#aside += 1;
    }
    return undefined;
  }

  /** A run that was taken has ended. */
  ended(run: Run): void {
    const name = run.group;
    if (name === undefined) return;
    const group = this.#of(name);
    group.running -= 1;
    this.#bringBack(group, 1);
    if (group.running === 0 && group.aside.size === 0) this.#members.delete(name);
  }

  /** Takes a run out that waits. */
  remove(run: Run): void {
    if (run.place === -1) return;
    if (!run.isAside) {
      this.#line.remove(run);
      return;
    }
    this.#of(run.group!).aside.remove(run);
    run.isAside = false;
    this.#aside -= 1;
  }

  /** To be called when groups, or those of jobs, have changed. */
  reconsider(): void {
    for (const group of this.#members.values()) this.#bringBack(group, group.aside.size);
  }

  /** How many runs of a group go on and stand aside. */
  countsOf(name: string): { readonly running: number; readonly waiting: number } {
    const group = this.#members.get(name);
    return { running: group?.running ?? 0, waiting: group?.aside.size ?? 0 };
  }

  #bringBack(group: Members, count: number): void {
    const now = this.#clock.wall();
    for (; count > 0 && group.aside.size > 0; count -= 1) {
      const run = group.aside.pop()!;
      this.#aside -= 1;
      run.isAside = false;
      run.letGoAt = now;
      this.#line.put(run);
    }
  }

  #of(name: string): Members {
    let group = this.#members.get(name);
    if (group === undefined) {
      group = { running: 0, aside: new Heap<Run>(isBefore) };
      this.#members.set(name, group);
    }
    return group;
  }
}
