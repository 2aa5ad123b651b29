/** How a pool is set up: read from its options, and checked. */
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { storeMessage } from '../memory/message.ts';
import { deadlineOf } from '../parking/deadline.ts';
import { wholeNumber } from '../sync/options.ts';
import { parallelism } from '../thread/parallelism.ts';
import { addressOf } from '../thread/target.ts';
import { OPTION_NAMES } from './options.ts';
import type { ThreadPoolExecutorOptions } from './options.ts';
import { MOST } from './order.ts';

const MOST_WORKERS = 1024;
const DEFAULT_IDLE_MS = 30_000;

let poolSerial = 0;

/** As they stand in shared memory: 0 says that there is no limit, and no initializer. */
interface Settings {
  readonly prefix: string;
  readonly maxWorkers: number;
  readonly minWorkers: number;
  /** −1 for ever. */
  readonly idleTimeout: number;
  readonly maxTasks: number;
  readonly maxPending: number;
  /** A message with the function's address and its arguments. */
  readonly initializer: number;
}

export function readSettings(options: ThreadPoolExecutorOptions | undefined): Settings {
  const place = 'ThreadPoolExecutor';
  if (options !== undefined) {
    checkOptions(options, place, '{ maxWorkers: 4 }');
    checkNames(options, OPTION_NAMES, place);
  }
  const maxWorkers = wholeNumber(
    options?.maxWorkers ?? parallelism(),
    1,
    MOST_WORKERS,
    `${place}: maxWorkers`,
  );
  const minWorkers = wholeNumber(options?.minWorkers ?? 0, 0, maxWorkers, `${place}: minWorkers`);
  const idle = options?.idleTimeout ?? DEFAULT_IDLE_MS;
  const idleTimeout = deadlineOf(idle, `${place}: idleTimeout`) === Infinity ? -1 : Math.min(MOST, idle);
  const maxTasks = limit(options?.maxTasksPerWorker, `${place}: maxTasksPerWorker`);
  const maxPending = limit(options?.maxPending, `${place}: maxPending`);
  const prefix = options?.threadNamePrefix || `ThreadPoolExecutor-${poolSerial++}`;
  if (typeof prefix !== 'string')
    throw new TypeError(
      `${place}: threadNamePrefix must be a string, got ${String(prefix)} (${typeof prefix})`,
    );
  const initializer = storeInitializer(options);
  return { prefix, maxWorkers, minWorkers, idleTimeout, maxTasks, maxPending, initializer };
}

/** Checks a limit of which `undefined` and Infinity mean none. */
function limit(value: number | undefined, place: string): number {
  return value === undefined || value === Infinity ? 0 : wholeNumber(value, 1, MOST, place);
}

function storeInitializer(options: ThreadPoolExecutorOptions | undefined): number {
  if (options?.initializer === undefined) return 0;
  const address = addressOf(options.initializer, 'ThreadPoolExecutor: initializer');
  const args = options.initArgs ?? [];
  if (!Array.isArray(args))
    throw new TypeError(
      `ThreadPoolExecutor: initArgs must be an array, got ${String(args)} (${typeof args})`,
    );
  return storeMessage([address, args], 'initArgs');
}
