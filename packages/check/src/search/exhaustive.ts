/**
 * Bounded exhaustive search: all schedules with at most so many preemptions, first those with none, then one, two … (Musuvathi and Qadeer's
 * iterative context bounding). A preemption is taking the turn from a thread that could go on, or letting time pass although somebody could run.
 *
 * Sleep sets (Godefroid) prune: a candidate whose next step has been explored at a branch sleeps in the branches beside, until somebody does
 * a step that depends on it. With a bound on preemptions pruning may cut what the bound would have allowed elsewhere: a larger bound finds it.
 */
import { HEADER, ROW, TIMER } from '../control/layout.ts';
import { rowAt, words } from '../control/words.ts';
import type { Reply, Request, Segment } from '../crew/messages.ts';
import type { Stage } from '../crew/stage.ts';

/** One choice of the schedule explored last. */
interface Node {
  readonly enabled: number;
  readonly sleep: number;
  /** Candidates explored here, the present one included. */
  done: number;
  chosen: number;
  /** Preemptions before this choice. */
  readonly spent: number;
  readonly last: number;
}

const RUNS = (1 << TIMER) - 1;

interface Search {
  bound: number;
  path: Node[];
  /** No schedule with the present bound has been played yet. */
  fresh: boolean;
  /** Something was left out because of the bound. */
  cut: boolean;
}

let search: Search | undefined;

function cost(enabled: number, last: number, candidate: number): number {
  if (candidate >= TIMER) return (enabled & RUNS) === 0 ? 0 : 1;
  if (last < 0) return 0;
  const before = last & (TIMER - 1);
  return candidate !== before && (enabled & (1 << before)) !== 0 ? 1 : 0;
}

/** Goes on with the search for `count` schedules. */
export async function exhaust(
  stage: Stage,
  request: Extract<Request, { kind: 'exhaustive' }>,
): Promise<Reply> {
  const current = (search ??= { bound: 0, path: [], fresh: true, cut: false });
  const reply = { schedules: 0, steps: 0, longest: 0 };
  while (reply.schedules < request.count) {
    const branch = current.fresh ? { at: 0, sleep: 0, budget: current.bound } : nextBranch(current);
    if (branch === undefined) {
      if (!current.cut || current.bound >= request.bound) return { ...reply, complete: true };
      search = Object.assign(current, { bound: current.bound + 1, path: [], fresh: true, cut: false });
      continue;
    }
    current.fresh = false;
    const ran = await stage.play({
      strategy: 'steady',
      seed: 0,
      segments: segmentsOf(current.path),
      branchAt: branch.at,
      branchSleep: branch.sleep,
      budget: branch.budget,
    });
    reply.schedules++;
    reply.steps += ran.steps;
    reply.longest = Math.max(reply.longest, ran.steps);
    if (ran.failure !== undefined) return { ...reply, failure: ran.failure };
    extend(current, ran.steps);
  }
  return reply;
}

/** Appends what the schedule did after its forced prefix. */
function extend(search: Search, steps: number): void {
  const { path } = search;
  for (let step = path.length; step < steps; step++) {
    const row = rowAt(step);
    const enabled = words[row + ROW.enabled]!;
    const chosen = words[row + ROW.candidate]!;
    const before = path[step - 1];
    const last = before?.chosen ?? -1;
    const spent = before === undefined ? 0 : before.spent + cost(before.enabled, before.last, before.chosen);
    path.push({ enabled, sleep: words[row + ROW.sleep]!, done: 1 << chosen, chosen, spent, last });
  }
  // A schedule that left its prefix (the code isn't deterministic) can't be branched from beyond that.
  if (words[HEADER.diverged] === 1) path.length = Math.min(path.length, steps);
}

/** Takes the deepest choice that can be made in another way, and makes it; the path ends there. */
function nextBranch(search: Search): { at: number; sleep: number; budget: number } | undefined {
  const { path, bound } = search;
  for (; path.length > 0; path.pop()) {
    const node = path.at(-1)!;
    if (node.sleep === -1) continue;
    let options = node.enabled & ~(node.sleep | node.done);
    for (; options !== 0; options &= options - 1) {
      const candidate = 31 - Math.clz32(options & -options);
      const spent = node.spent + cost(node.enabled, node.last, candidate);
      if (spent > bound) {
        search.cut = true;
        continue;
      }
      const sleep = node.sleep | node.done;
      node.chosen = candidate;
      node.done |= 1 << candidate;
      return { at: path.length - 1, sleep, budget: bound - spent };
    }
  }
  return undefined;
}

function segmentsOf(path: readonly Node[]): Segment[] {
  const segments: Array<[number, number]> = [];
  for (const { chosen } of path) {
    const last = segments.at(-1);
    if (last !== undefined && last[0] === chosen) last[1]++;
    else segments.push([chosen, 1]);
  }
  return segments;
}
