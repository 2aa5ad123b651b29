/** Holds two traces against each other, and makes a script that shows a difference as small as it goes. */
import type { Erlang } from './erlang.ts';
import { runOurs } from './ours.ts';
import { simpler, supervisorsOf } from './script.ts';
import type { Script } from './script.ts';

/** How long a difference is made smaller. */
const SHRINK_MS = 60_000;

export interface Difference {
  readonly script: Script;
  readonly erlang: readonly string[];
  readonly ours: readonly string[];
}

/** Children of a dynamic supervisor are stopped all at once, in no order; and OTP sums up what was wrong with them. */
export function normalize(script: Script, trace: readonly string[]): string[] {
  const dynamic = supervisorsOf(script.tree)
    .filter(([, { strategy }]) => strategy === 'dynamic')
    .map(([path]) => path);
  const lines: string[] = [];
  let run: string[] = [];
  const close = (): void => {
    lines.push(...run.sort());
    run = [];
  };
  for (const line of trace) {
    if (dynamic.some(path => line.startsWith(`r ${path} shutdown_error`))) continue;
    if (dynamic.some(path => new RegExp(`^- ${path}/[^/ ]+ `).test(line))) run.push(line);
    else {
      close();
      lines.push(line);
    }
  }
  close();
  return lines;
}

/** What differs between Erlang and us in these scripts. */
export async function differences(erlang: Erlang, scripts: readonly Script[]): Promise<Difference[]> {
  const theirs = await erlang.run(scripts);
  const found: Difference[] = [];
  for (const script of scripts) {
    const a = normalize(script, theirs.get(script.seed)!);
    const b = normalize(script, await runOurs(script));
    if (a.join('\n') !== b.join('\n')) found.push({ script, erlang: a, ours: b });
  }
  return found;
}

/** The smallest script that can be reached by leaving out one thing after another, and still shows a difference. */
export async function shrink(erlang: Erlang, difference: Difference): Promise<Difference> {
  let best = difference;
  const start = performance.now();
  while (performance.now() - start < SHRINK_MS) {
    // Seeds tell them apart in one run of Erlang.
    const candidates = [...simpler(best.script)].map((script, seed) => ({ ...script, seed }));
    const [first] = await differences(erlang, candidates);
    if (first === undefined) return best;
    best = first;
  }
  return best;
}

/** Both traces beside each other, with the lines that differ marked. */
export function describeDifference({ script, erlang, ours }: Difference): string {
  const rows = Array.from({ length: Math.max(erlang.length, ours.length) }, (_, n) => {
    const a = erlang[n] ?? '';
    const b = ours[n] ?? '';
    return `${a === b ? ' ' : '!'} ${a.padEnd(50)} ${b}`;
  });
  return `${JSON.stringify(script, undefined, 1)}\n\n  ${'Erlang'.padEnd(50)} ours\n${rows.join('\n')}`;
}
