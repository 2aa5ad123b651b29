/**
 * Describes what is explored: a state, the threads that work on it, and what must be true in the end. Stands in a module of its own,
 * because each thread loads that module for itself.
 */

/** Where a word is: a typed array over shared memory and an index. */
export type Place = readonly [view: ArrayBufferView, index: number];

/** What a thread is told beside the state. */
export interface ThreadInfo {
  /** 0 for the first thread. */
  readonly index: number;
  /**
   * One word for each thread: 0 while it runs, 1 when it has ended, 2 when a fault has killed it; and a last word that counts both. Whoever waits on one is
   * notified: so a thread of the scenario can be the supervisor that repairs what the dead left.
   */
  readonly ends: Int32Array<SharedArrayBuffer>;
}

/** How a schedule ended. */
export interface End {
  /** What each thread returned (structured clones). */
  readonly results: readonly unknown[];
  /** `waitAsync` promises that were begun in this schedule and never notified: `A waits on ready[0]`. */
  readonly waiting: readonly string[];
  /** Threads that a fault has killed. They have no result. */
  readonly killed: readonly number[];
}

export interface ScenarioDefinition<State, World = unknown> {
  /** For reports. */
  readonly name?: string;
  /**
   * Makes a fresh state for each schedule. It is sent to the threads as `postMessage` would, so that they share the buffers in it.
   * Runs before the threads, outside of the schedule.
   */
  setup(): State | Promise<State>;
  /** What the threads do; asynchronous functions run on an event loop under control. Fewer than asked for are repeated. */
  readonly threads: ReadonlyArray<(state: State, info: ThreadInfo) => unknown>;
  /** Looks at the state after all threads have ended; throws if something is wrong. */
  finally?(state: State, end: End): void | Promise<void>;
  /** Names words for the report. Without it they are called by their path in the state: `cells[3]`. */
  names?(state: State): Record<string, Place>;
  /** Makes the message for one thread out of a state that `postMessage` can't send, outside of the schedule. */
  send?(state: State, thread: number): unknown;
  /** Makes a thread's state out of that message, in the thread and before the schedule begins. */
  receive?(message: never, info: ThreadInfo): State;
  /** What must happen once in the life of all threads: memory that they share beyond one schedule. */
  readonly world?: {
    create(): World;
    join(world: World, info: Pick<ThreadInfo, 'index'>): void;
  };
  /**
   * Timeouts, in milliseconds, of waits that are only a safety net (`Atomics.wait(…, 100)` in a loop): such a wait never times out, so that
   * a wakeup that is lost is found and not repaired.
   */
  readonly ignoreTimeouts?: readonly number[];
  /**
   * Parts of file names that the report looks through to their callers: the module in which your program keeps its `Atomics` calls.
   */
  readonly through?: readonly string[];
}

/** A scenario that `explore` takes. */
export interface Scenario {
  readonly url: string;
  readonly ordinal: number;
  readonly name: string;
  readonly threads: number;
  /** Whether threads share memory beyond one schedule: then none that was cut off may be used again. */
  readonly hasWorld: boolean;
  readonly through: readonly string[];
}

const REGISTRY: unique symbol = Symbol.for('heddle.check.scenarios');

/** By module, in the order of their definition: the same in every thread that loads the module. */
function registry(): Map<string, Array<ScenarioDefinition<unknown>>> {
  const scope = globalThis as { [REGISTRY]?: Map<string, Array<ScenarioDefinition<unknown>>> };
  return (scope[REGISTRY] ??= new Map());
}

/**
 * Defines a scenario. Call it at the top level of a module that needs no test runner, and export what it returns.
 *
 * @example
 * ```ts
 * export const counter = scenario(import.meta, {
 *   setup: () => ({ cells: new Int32Array(new SharedArrayBuffer(4)) }),
 *   threads: [
 *     ({ cells }) => void Atomics.store(cells, 0, Atomics.load(cells, 0) + 1),
 *     ({ cells }) => void Atomics.store(cells, 0, Atomics.load(cells, 0) + 1),
 *   ],
 *   finally: ({ cells }) => assert.equal(cells[0], 2),
 * });
 * ```
 */
export function scenario<State, World = unknown>(
  meta: { url: string },
  definition: ScenarioDefinition<State, World>,
): Scenario {
  const all = registry();
  const siblings = all.get(meta.url) ?? [];
  all.set(meta.url, siblings);
  if (definition.threads.length === 0)
    throw new RangeError('scenario: threads must have at least one function');
  siblings.push(definition as unknown as ScenarioDefinition<unknown>);
  const ordinal = siblings.length - 1;
  return {
    url: meta.url,
    ordinal,
    name: definition.name ?? `scenario ${ordinal + 1} of ${meta.url.slice(meta.url.lastIndexOf('/') + 1)}`,
    threads: definition.threads.length,
    hasWorld: definition.world !== undefined,
    through: definition.through ?? [],
  };
}

/** Loads a scenario's module in this thread and returns its definition. */
export async function loadScenario(url: string, ordinal: number): Promise<ScenarioDefinition<unknown>> {
  await import(url);
  const definition = registry().get(url)?.[ordinal];
  if (definition === undefined) {
    throw new Error(
      `check: ${url} defines fewer scenarios in a worker than where explore() was called; define them at its top level, always in the same order`,
    );
  }
  return definition;
}
