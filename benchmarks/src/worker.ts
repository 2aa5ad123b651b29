/** Raw `node:worker_threads`, for the sides that Heddle is compared with: runs an exported function of a benchmark's file in a worker. */
import { Worker, isMainThread, workerData } from 'node:worker_threads';

interface Seed {
  module: string;
  name: string;
  data: unknown;
}

/** Starts a worker that calls an exported function of this name of the calling module. */
export function startWorker<D>(meta: ImportMeta, entry: (data: D) => void, data: D): Worker {
  const seed: Seed = { module: meta.url, name: entry.name, data };
  return new Worker(new URL('./worker.ts', import.meta.url), { workerData: { raw: seed } });
}

/** The next number that a worker sends. */
export async function answer(worker: Worker): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  worker.once('message', resolve);
  return promise;
}

if (!isMainThread) {
  const seed = (workerData as { raw?: Seed } | undefined)?.raw;
  // Not awaited: the benchmark's file imports this one.
  if (seed !== undefined) void run(seed);
}

async function run({ module, name, data }: Seed): Promise<void> {
  const exports = (await import(module)) as Record<string, (data: unknown) => void>;
  exports[name]!(data);
}
