// Runs that may begin, and how many of a group go on at a time. A run whose group is full stands aside, so that it holds up nobody else.

import { Heap } from './heap.ts';
import type { Run } from './job.ts';

/** By priority, then by time, then by age. */
export function isBefore(a: Run, b: Run): boolean {
  const byPriority = b.job.spec.priority - a.job.spec.priority;
  if (byPriority !== 0) return byPriority < 0;
  return a.scheduledFor === b.scheduledFor ? a.order < b.order : a.scheduledFor < b.scheduledFor;
}

interface Group {
  running: number;
  readonly aside: Heap<Run>;
}

export class Ready {
  readonly #line = new Heap<Run>(isBefore);
  readonly #groups = new Map<string, Group>();
  /** How many runs of each group may go on at a time. */
  readonly limits: Map<string, number> = new Map();
  #aside = 0;

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
      const group = this.#group(name);
      if (group.running < (this.limits.get(name) ?? Infinity)) {
        group.running += 1;
        return run;
      }
      group.aside.put(run);
      this.#aside += 1;
    }
    return undefined;
  }

  /** A run that was taken has ended. */
  ended(run: Run): void {
    const name = run.group;
    if (name === undefined) return;
    const group = this.#group(name);
    group.running -= 1;
    this.#bringBack(group, 1);
    if (group.running === 0 && group.aside.size === 0) this.#groups.delete(name);
  }

  /** Takes a run out that waits. */
  remove(run: Run): void {
    if (run.place === -1) return;
    const name = run.job.spec.group;
    const group = name === undefined ? undefined : this.#groups.get(name);
    if (group !== undefined && [...group.aside].includes(run)) {
      group.aside.remove(run);
      this.#aside -= 1;
    } else this.#line.remove(run);
  }

  /** To be called when limits or groups of jobs have changed. */
  reconsider(): void {
    for (const group of this.#groups.values()) this.#bringBack(group, group.aside.size);
  }

  /** How many go on and wait, by group. */
  counts(): { name: string; running: number; waiting: number; most: number | null }[] {
    const names = new Set([...this.limits.keys(), ...this.#groups.keys()]);
    return [...names].sort().map(name => {
      const group = this.#groups.get(name);
      return {
        name,
        running: group?.running ?? 0,
        waiting: group?.aside.size ?? 0,
        most: this.limits.get(name) ?? null,
      };
    });
  }

  #bringBack(group: Group, count: number): void {
    for (; count > 0 && group.aside.size > 0; count -= 1) {
      this.#aside -= 1;
      this.#line.put(group.aside.pop()!);
    }
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { running: 0, aside: new Heap<Run>(isBefore) };
      this.#groups.set(name, group);
    }
    return group;
  }
}
