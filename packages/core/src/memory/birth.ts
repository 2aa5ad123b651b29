/**
 * Decides, when the package is loaded, which shared memory this thread works on: the one that the thread's creator left for it, a new
 * one in a main thread, and none yet in a worker that somebody else started (it calls `attach`).
 *
 * At load and not at first use, because V8 inlines an atomic operation in WebAssembly only where the function is a constant of the
 * module (measured: a lock and unlock pair in 10 ns, against 30 ns through a variable). It costs a tenth of a millisecond.
 */
import { HeddleError, SharedMemoryExhaustedError, ThreadStateError } from '../errors.ts';
import { DEFAULT_MAXIMUM_PAGES, HEADER, HEAP_PAGE, LAYOUT_VERSION, MAGIC, PAGE_BYTES } from './layout.ts';
import { incumbent } from './realm.ts';

/** Where a worker's entry leaves the memory before it imports the rest of the package. */
const INHERITED: unique symbol = Symbol.for('heddle.slab');

interface Inheriting {
  [INHERITED]?: WebAssembly.Memory;
}

/** Why there is no memory, to be thrown at first use: importing the package must always work. */
export let birthError: HeddleError | undefined;

/** Creates and formats a slab. Throws `ThreadStateError` where shared memory is forbidden. */
export function createMemory(): WebAssembly.Memory {
  if (typeof SharedArrayBuffer === 'undefined') {
    throw new ThreadStateError(
      'Heddle needs SharedArrayBuffer, which this page does not have because it is not cross-origin isolated. ' +
        'Serve the page with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp" ' +
        '(and every worker script with the latter).',
    );
  }
  // Phones refuse large maxima: halve until it fits.
  for (let pages = DEFAULT_MAXIMUM_PAGES; ; pages >>>= 1) {
    try {
      const memory = new WebAssembly.Memory({ initial: HEAP_PAGE + 6, maximum: pages, shared: true });
      format(new Int32Array(memory.buffer), pages);
      return memory;
    } catch (error) {
      if (pages > 256) continue;
      throw new SharedMemoryExhaustedError(
        `cannot reserve ${pages * PAGE_BYTES} bytes of shared memory: ${String(error)}`,
        { cause: error },
      );
    }
  }
}

function format(words: Int32Array, maximumPages: number): void {
  words[HEADER.version] = LAYOUT_VERSION;
  words[HEADER.maximumPages] = maximumPages;
  words[HEADER.reservedPages] = maximumPages;
  words[HEADER.wilderness] = HEAP_PAGE;
  words[HEADER.rover] = HEAP_PAGE;
  words[HEADER.runtimeId] = 1 + Math.floor(Math.random() * 0x7fff_fffe);
  words[HEADER.magic] = MAGIC;
}

const isRoot = askWhetherRoot();

/** Whether this thread is where the program began, not a worker. Asked for each task of a pool, and Node takes 0.4 to 0.8 µs to look a module up. */
export function isRootThread(): boolean {
  return isRoot;
}

function askWhetherRoot(): boolean {
  const node = (
    globalThis as { process?: { getBuiltinModule?(id: string): { isMainThread: boolean } | undefined } }
  ).process;
  const threads = node?.getBuiltinModule?.('node:worker_threads');
  if (threads !== undefined) return threads.isMainThread;
  return !('WorkerGlobalScope' in globalThis);
}

function beginWith(): WebAssembly.Memory | undefined {
  if (incumbent()?.standDown() === false) {
    birthError = new ThreadStateError(
      'two copies of @heddle/core are loaded in one thread, and the other one is in use. Make the function that imports this one a task ' +
        '(task(import.meta, …)), or see to it that there is one copy: `npm ls @heddle/core` lists them',
    );
    return undefined;
  }
  const inherited = (globalThis as Inheriting)[INHERITED];
  if (inherited !== undefined || !isRootThread()) return inherited;
  try {
    return createMemory();
  } catch (error) {
    birthError = error as HeddleError;
    return undefined;
  }
}

/** The memory that this thread was born with; `undefined` in a foreign worker, and where there can be none. */
export const bornWith: WebAssembly.Memory | undefined = beginWith();
