/**
 * Workers as `node:worker_threads` gives them: Node, Bun, and Deno, which says `exit` before it is true.
 */
import type * as workerThreadsModule from 'node:worker_threads';
import { i32 } from '../atomics.ts';
import { AGENT } from '../memory/layout.ts';
import type { Host, SpawnedWorker, WorkerEvents, WorkerLimits, WorkerSeed } from './spawn.ts';

/** In a variable, because bundlers take `new URL(…, import.meta.url)` for a file to be copied. */
const here = import.meta.url;

/** The URL of a file beside this one, `.ts` when running from source and `.js` when compiled. */
function beside(name: string): URL {
  return new URL(`./${name}.${here.endsWith('.ts') ? 'ts' : 'js'}`, here);
}

/**
 * Of a thread whose heap is limited. A thread that comes to its limit has 16 MiB more in which to be ended; V8 ends the whole process if a collection leaves more than that. The young objects that
 * survive one are added to the old ones at once, by default up to 16 MiB or twice that (seen: 30.8 MiB, and at the next collection 51.3 with a limit of 32).
 */
const YOUNG_MIB = 12;

/** Deno's `terminate()` doesn't stop code that is running: the thread lives until it returns to its event loop (measured, 2.9.6; denoland/deno#35657). */
const exitsLate = 'Deno' in globalThis;
const FIRST_LOOK_MS = 2;
const LONGEST_PAUSE_MS = 250;
/** After so long it is said that a thread doesn't end. */
const PATIENCE_MS = 2000;

/** What a thread's own data and the process's files tell, see `host.ts`. */
interface Means {
  /** Whether the operating system has no such thread any more. */
  hasVanished(nativeId: number): boolean;
  report(text: string): void;
}

/** Node's way. */
export function nodeHost(threads: typeof workerThreadsModule, { hasVanished, report }: Means): Host {
  // SHARE_ENV below: a change of `process.env` in one thread is seen in all, as Python's threads see one `os.environ`.
  const { Worker } = threads;

  function spawn(seed: WorkerSeed, { heapMiB, stackMiB }: WorkerLimits, events: WorkerEvents): SpawnedWorker {
    const worker = new Worker(beside('worker'), {
      workerData: { heddle: seed },
      env: threads.SHARE_ENV,
      name: 'heddle-worker',
      ...(heapMiB === 0 && stackMiB === 0
        ? {}
        : {
            resourceLimits: {
              ...(heapMiB === 0
                ? {}
                : { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: YOUNG_MIB }),
              ...(stackMiB === 0 ? {} : { stackSizeMb: stackMiB }),
            },
          }),
    });
    worker.on('error', events.failed);
    worker.on('exit', code => {
      if (exitsLate) whenVanished(seed.agent, () => events.ended(code));
      else events.ended(code);
    });
    return { terminate: () => void worker.terminate() };
  }

  /** Where the threads can't be seen (not on Linux), one that was running nothing is believed to have gone, and any other never. */
  function whenVanished(agent: number, action: () => void): void {
    let pause = FIRST_LOOK_MS;
    let warnAt = performance.now() + PATIENCE_MS;
    const look = (): void => {
      const nativeId = i32[agent + AGENT.nativeId]!;
      if (nativeId === 0 ? i32[agent + AGENT.thread] === 0 : hasVanished(nativeId)) return action();
      if (performance.now() > warnAt) {
        warnAt = Infinity;
        report(
          'Heddle: a terminated thread goes on running: Deno ends a thread only when it waits, sleeps or returns to its event loop ' +
            '(denoland/deno#35657), and until then it counts as alive. Stop it by an Event that it looks at.\n',
        );
      }
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      setTimeout(look, pause);
    };
    look();
  }

  return {
    spawn,
    spawnSupervisor(memory, failed) {
      const worker = new Worker(beside('supervisor'), {
        workerData: { heddle: { memory } },
        env: threads.SHARE_ENV,
        name: 'heddle-supervisor',
      });
      worker.unref();
      worker.on('error', failed);
      return worker;
    },
    // Bun takes `resourceLimits` and ignores them (measured, 1.4.5).
    limitsHeap: !('Bun' in globalThis),
    limitsStack: !('Bun' in globalThis || 'Deno' in globalThis),
    endsOnlyIdle: exitsLate,
    lingersMs: exitsLate ? Infinity : 1000,
  };
}
