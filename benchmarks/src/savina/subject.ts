/** Makes a subject of `npm run bench` of a Savina benchmark: every library that can, and Erlang on one core and on two. */
import { TIME } from '../harness.ts';
import type { Bar, Comparison, Side, Subject, Workload } from '../harness.ts';
import { register } from './bench.ts';
import type { Bench } from './bench.ts';
import { effectSide } from './effect.ts';
import { heddleByDefault, heddleOneCore, heddleTwoCores } from './heddle.ts';
import { nactSide } from './nact.ts';
import { xstateSide } from './xstate.ts';

export interface Savina {
  readonly operation: string;
  readonly operations: number;
  readonly quick: number;
  expected(operations: number): number;
  /** Ours against Erlang's on one core, if DESIGN sets one. */
  readonly bar?: Bar;
  /** Libraries that can't do it, with the reason. */
  readonly without?: Readonly<Partial<Record<'nact' | 'xstate' | 'Effect', string>>>;
}

export function savina(meta: ImportMeta, name: string, bench: Bench, options: Savina): Subject {
  register(meta.url, bench);
  const { operation, operations, quick, expected, bar = TIME, without = {} } = options;
  const sides: Record<string, Side> = {
    'one core': () => heddleOneCore(bench),
    'two cores': () => heddleTwoCores(bench, meta.url),
    'by default': () => heddleByDefault(bench),
    'Erlang, one': { erlang: 'savina.erl', benchmark: name, schedulers: 1 },
    'Erlang, two': { erlang: 'savina.erl', benchmark: name, schedulers: 2 },
  };
  if (without.nact === undefined) sides['nact'] = () => nactSide(bench);
  if (without.xstate === undefined) sides['xstate'] = () => xstateSide(bench);
  if (without.Effect === undefined) sides['Effect'] = () => effectSide(bench);
  const rows: Comparison[] = [
    { what: 'one core', ours: 'one core', against: 'Erlang, one', bar },
    { what: 'two cores', ours: 'two cores', against: 'Erlang, two', bar: TIME },
    // Erlang starts a process where its parent runs, too, and moves it only if another core has nothing to do.
    { what: 'two, by default', ours: 'by default', against: 'Erlang, two', bar: TIME },
  ];
  for (const other of ['nact', 'xstate', 'Effect'])
    if (other in sides) rows.push({ what: '', ours: 'one core', against: other, bar: TIME });
  const workload: Workload = { operation, operations, quick, expected, sides, rows };
  return { [name]: workload };
}
