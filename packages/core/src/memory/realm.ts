/**
 * Which copy of this package runs the worker. A bundler gives a worker's entry one copy and puts another into the chunk that declares the tasks; when a
 * worker imports that chunk for a task, both are in one thread, with one record in shared memory between them. The younger copy takes over for good,
 * because the task's code uses its classes; the elder has run nothing in between and holds nothing.
 */

/** What the copy that runs a worker lets a younger copy know. */
export interface Incumbent {
  /** Gives up its wake word if it is just importing a task's module and waits for nothing; false if it can't. */
  standDown(): boolean;
  /** Goes on with the thread that the elder was about to run; set by the younger copy. */
  successor: ((record: number) => void) | undefined;
}

const KEY: unique symbol = Symbol.for('heddle.worker');

interface Realm {
  [KEY]?: Incumbent;
}

/** The copy that runs this worker, if one does. */
export function incumbent(): Incumbent | undefined {
  return (globalThis as Realm)[KEY];
}

export function setIncumbent(copy: Incumbent): void {
  (globalThis as Realm)[KEY] = copy;
}
