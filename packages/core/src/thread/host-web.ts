/**
 * Workers in a browser. The window owns them all: it never blocks, so it can start one at any time, and hears of their ends.
 *
 * Browsers have no `exit` event. A worker holds a Web Lock for as long as it lives; whoever asks for the same lock gets it when no code runs in the worker
 * any more, be it after `terminate()` (which lets Chromium's workers run on for up to two seconds), after `close()` or a crash (measured in Chromium,
 * Firefox and WebKit).
 */
import { ThreadStateError } from '../errors.ts';
import { takeMessage } from '../memory/message.ts';
import type { Host, SpawnedWorker, WorkerEvents, WorkerLimits, WorkerSeed } from './spawn.ts';

/** What a worker tells its window. */
export type Told = { heddle: 'up' } | { heddle: 'uncaught'; message: number };

/** After so long a terminated worker has stopped in all browsers. */
const LINGERS_MS = 2500;

let serial = 0;

function spawn(seed: WorkerSeed, _limits: WorkerLimits, events: WorkerEvents): SpawnedWorker {
  if (typeof Worker === 'undefined') {
    throw new ThreadStateError(
      'Thread.start(): this platform has neither node:worker_threads nor Worker; threads run in Node, Deno, Bun and in browser windows',
    );
  }
  const life = `heddle:${crypto.randomUUID()}:${serial++}`;
  // Written just so, because this is what bundlers look for.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    type: 'module',
    name: 'heddle-worker',
  });
  let ended = false;
  let up = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    events.ended(0);
  };
  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.heddle === 'up') {
      up = true;
      void navigator.locks.request(life, end);
    } else {
      events.failed(takeMessage(data.message));
      worker.terminate();
    }
  };
  worker.onerror = event => {
    event.preventDefault();
    events.failed(
      event.message
        ? new Error(event.message)
        : new ThreadStateError(
            "Thread.start(): the browser could not load Heddle's worker script, which a bundler must emit beside the others. " +
              'It must be served as JavaScript, and with the header "Cross-Origin-Embedder-Policy: require-corp", as the page itself',
          ),
    );
    worker.terminate();
    if (!up) end();
  };
  worker.postMessage({ heddle: { ...seed, life } satisfies WorkerSeed });
  return {
    terminate() {
      worker.terminate();
      if (!up) setTimeout(end, LINGERS_MS);
    },
  };
}

export const webHost: Host = {
  spawn,
  spawnSupervisor: undefined,
  limitsHeap: false,
  limitsStack: false,
  endsOnlyIdle: false,
  lingersMs: LINGERS_MS,
};
