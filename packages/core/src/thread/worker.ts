/**
 * Entry of every worker thread: leaves the slab where the package looks for it, and only then loads the package.
 * No static import and no `await` at the top: some bundlers make one classic script of it.
 */
import type * as workerThreadsModule from 'node:worker_threads';
import type { WorkerSeed } from './spawn.ts';

async function begin(seed: WorkerSeed): Promise<void> {
  const { memory, agent, record, life } = seed;
  Object.assign(globalThis, { [Symbol.for('heddle.slab')]: memory, [Symbol.for('heddle.agent')]: agent });
  // All kinds of shared objects must be known before anything is received.
  await import('../index.ts');
  const { runWorker } = await import('./worker-main.ts');
  await runWorker(record, life);
}

const node = (globalThis as { process?: { getBuiltinModule?(id: string): unknown } }).process;
const threads = node?.getBuiltinModule?.('node:worker_threads') as typeof workerThreadsModule | undefined;
if (threads === undefined) {
  const onSeed = ({ data }: MessageEvent<{ heddle: WorkerSeed }>): void => {
    // A window hears of errors in its workers, and not of rejections.
    begin(data.heddle).catch(error =>
      setTimeout(() => {
        throw error;
      }),
    );
  };
  addEventListener('message', onSeed, { once: true });
} else {
  void begin((threads.workerData as { heddle: WorkerSeed }).heddle);
}
