/**
 * What a program pays before its first thread has done anything. Each operation is a whole process, from its start to its end; the raw side does the same
 * with `node:worker_threads`, and for `import` it is Node alone.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TIME, timed } from './harness.ts';
import type { Round, Subject, Workload } from './harness.ts';

type Way = 'heddle' | 'actors' | 'raw';

/** Starts the program `start-up-program.ts` with these arguments; what comes out is how many times it answered rightly. */
function processes(way: Way, threads: number): () => Round {
  const program = fileURLToPath(new URL('./start-up-program.ts', import.meta.url));
  const args = [program, way, String(threads)];
  return () => starts =>
    timed(() => {
      let right = 0;
      for (let n = 0; n < starts; n++) {
        const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
        if (stdout === `${threads}\n`) right += 1;
        else throw new Error(`${way}, ${threads} threads: printed ${JSON.stringify(stdout)}\n${stderr}`);
      }
      return right;
    });
}

function workload(
  operation: string,
  threads: number,
  what: string,
  way: Exclude<Way, 'raw'> = 'heddle',
): Workload {
  return {
    operation,
    operations: 3,
    quick: 1,
    expected: starts => starts,
    sides: { Heddle: processes(way, threads), raw: processes('raw', threads) },
    rows: [{ what, ours: 'Heddle', against: 'raw', bar: TIME }],
  };
}

const subject: Subject = {
  import: workload('a process that imports the package', 0, "import '@heddle/core'"),
  ...Object.fromEntries(
    [1, 2, 8].map(threads => {
      const what = `${threads} ${threads === 1 ? 'thread' : 'threads'}, cold`;
      return [what, workload(`a process that starts and joins ${threads} of them`, threads, what)];
    }),
  ),
  'import actors': workload('a process that imports actors', 0, "import '@heddle/actors'", 'actors'),
  'two actors': workload(
    'a process that asks an actor on each of two threads',
    2,
    '2 threads of actors, cold',
    'actors',
  ),
};
export default subject;
