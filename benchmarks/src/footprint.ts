/**
 * What things weigh: shared memory for each primitive and message, memory of the process for each thread and actor. Each figure comes from a process of its
 * own (`footprint-program.ts`), because what was made before weighs on what is made next. No ratios, and no bars.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { erlangArguments, findErlang } from './harness.ts';
import type { Subject } from './harness.ts';

/** One figure. */
export interface Figure {
  readonly what: string;
  readonly bytes: number;
  /** Which memory, and how it was found. */
  readonly how: string;
}

const SHARED = 'shared memory, by memoryUsage()';
const RESIDENT = 'resident memory of the process, its growth';
const HEAP = "V8's heap after a collection, its growth";

const WEIGHED: readonly [what: string, how: string, quick: boolean][] = [
  ...[
    'Lock',
    'RLock',
    'Condition',
    'Semaphore',
    'Event',
    'Barrier',
    'CountDownLatch',
    'AtomicCounter',
    'RWLock',
    'Queue',
  ].map(name => [name, SHARED, true] as [string, string, boolean]),
  ['message of four fields', SHARED, true],
  ['thread', RESIDENT, false],
  ['raw worker', RESIDENT, false],
  ['actor', HEAP, false],
];

const ERLANG = "Erlang's memory, its growth";

/** Weighs everything; `quick` leaves out what takes seconds. */
export function figures(quick: boolean): Figure[] {
  const found = WEIGHED.filter(([, , isQuick]) => isQuick || !quick).map(([what, how]) => ({
    what,
    how,
    bytes: weigh(what),
  }));
  if (!quick && findErlang() !== undefined)
    found.push({ what: 'Erlang process', how: ERLANG, bytes: weighProcess() });
  return found;
}

/** What an actor is in Erlang, likewise after its first message. */
function weighProcess(): number {
  const side = { erlang: './footprint.erl', benchmark: 'process', schedulers: 1 };
  return printed('Erlang process', 'erl', erlangArguments(new URL(import.meta.url), side));
}

function weigh(what: string): number {
  const program = fileURLToPath(new URL('./footprint-program.ts', import.meta.url));
  return printed(what, process.execPath, ['--expose-gc', program, what]);
}

/** What a program prints. */
function printed(what: string, command: string, args: readonly string[]): number {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  const bytes = Number(stdout);
  if (stdout.trim() === '' || !(bytes > 0))
    throw new Error(`${what}: printed ${JSON.stringify(stdout)}\n${stderr}`);
  return bytes;
}

/** Nothing is timed. */
const subject: Subject = {};
export default subject;
