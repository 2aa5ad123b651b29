/**
 * Entry of every worker thread: leaves the slab where the package looks for it, and only then loads the package.
 */
import { workerData } from 'node:worker_threads';
import type { WorkerSeed } from './supervisor-main.ts';

const { memory, agent, record } = (workerData as { heddle: WorkerSeed }).heddle;
Object.assign(globalThis, { [Symbol.for('heddle.slab')]: memory, [Symbol.for('heddle.agent')]: agent });
const { runWorker } = await import('./worker-main.ts');
runWorker(record);
