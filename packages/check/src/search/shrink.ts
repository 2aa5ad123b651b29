/**
 * Makes a failing schedule easier to read: fewer preemptions first, then fewer turns, then fewer steps. Each attempt drops or joins parts of the
 * list of turns, plays what is left (what isn't possible is skipped), and keeps what still fails in the same way.
 */
import { TIMER } from '../control/layout.ts';
import type { FailureKind, RawFailure, Segment } from '../crew/messages.ts';

/** Plays a list of turns and returns how it failed, if it did. */
export type Replay = (segments: readonly Segment[]) => Promise<RawFailure | undefined>;

/** Smaller is easier to read. */
function weight(segments: readonly Segment[]): number {
  const steps = segments.reduce((sum, [, count]) => sum + count, 0);
  const timers = segments.filter(([candidate]) => candidate >= TIMER).length;
  return segments.length * 1000 + timers * 500 + steps;
}

function joined(segments: readonly Segment[]): Segment[] {
  const out: Array<[number, number]> = [];
  for (const [candidate, count] of segments) {
    if (count === 0) continue;
    const last = out.at(-1);
    if (last !== undefined && last[0] === candidate) last[1] += count;
    else out.push([candidate, count]);
  }
  return out;
}

/** Variants of a list of turns, the boldest first. */
function* variants(segments: readonly Segment[]): Generator<Segment[]> {
  // The end often needs no direction: without it, each thread runs as long as it can.
  for (let keep = 0; keep < segments.length; keep = Math.max(keep + 1, keep * 2))
    yield segments.slice(0, keep);
  for (let size = segments.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from + size <= segments.length; from += size) {
      yield joined([...segments.slice(0, from), ...segments.slice(from + size)]);
    }
  }
  // A turn put off until its thread's next one: joins two turns of a thread around what came between.
  for (let at = 0; at + 2 < segments.length; at++) {
    const later = segments.findIndex(([candidate], index) => index > at && candidate === segments[at]![0]);
    if (later < 0) continue;
    const between = segments.slice(at + 1, later);
    yield joined([...segments.slice(0, at), ...between, segments[at]!, ...segments.slice(later)]);
    yield joined([
      ...segments.slice(0, at),
      segments[at]!,
      segments[later]!,
      ...between,
      ...segments.slice(later + 1),
    ]);
  }
}

/** Returns the smallest list of turns found within the budget that fails with the same kind. */
export async function shrink(
  failure: { readonly kind: FailureKind; readonly segments: readonly Segment[] },
  replay: Replay,
  budget: { replays: number; readonly until: number },
): Promise<readonly Segment[]> {
  let best = failure.segments;
  let improved = true;
  while (improved) {
    improved = false;
    for (const variant of variants(best)) {
      if (budget.replays-- <= 0 || performance.now() > budget.until) return best;
      const found = await replay(variant);
      if (found === undefined || found.kind !== failure.kind) continue;
      // What was really done, without the unforced rest if it isn't needed, says it better than what was asked for.
      const smaller = [variant, found.segments].filter(each => weight(each) < weight(best));
      if (smaller.length === 0 || weight(found.segments) > weight(best)) continue;
      best = found.segments;
      improved = true;
      break;
    }
  }
  return best;
}
