/** Entry of the supervisor: leaves the slab where the package looks for it, and only then loads the package. */
import { workerData } from 'node:worker_threads';

const { memory } = (workerData as { heddle: { memory: WebAssembly.Memory } }).heddle;
Object.assign(globalThis, { [Symbol.for('heddle.slab')]: memory });
// All kinds of shared objects must be known where the dead are settled.
await import('../index.ts');
const { supervise } = await import('./supervisor-main.ts');
supervise();
