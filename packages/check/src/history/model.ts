/**
 * What an object is meant to do, said one call after the other: a state, and for each call what state it leads to and whether it may return what it
 * returned. A history is linearizable if its calls can be put into an order that the model accepts, each at some moment between its call and its return.
 */
import type { Operation } from './operation.ts';
import { text } from './operation.ts';

/** The sequential meaning of an object. States are never changed, only replaced. */
export interface Model<State> {
  /** For reports: `a first-in, first-out queue`. */
  readonly name: string;
  initial(): State;
  /**
   * The state after the operation; `undefined` if it can't happen in this state, or not with this result. Of an operation that never returned
   * (`to` is `Infinity`) no result is known: any will do. `others` are in flight at the same time, whether they have taken effect or not.
   */
  step(state: State, operation: Operation, others: readonly Operation[]): State | undefined;
  /** Equal states have equal keys. For reports too. */
  show(state: State): string;
  /**
   * What the operation is about, such that a history that is right stays right when all that is about the same thing is left out: for a queue, the item.
   * Failing histories are shortened by it. Not needed.
   */
  about?(operation: Operation): string | undefined;
}

function unknownCall(model: string, { name }: Operation): never {
  throw new TypeError(`checkLinearizable: ${model} has no operation called "${name}"`);
}

const returned = (operation: Operation): boolean => operation.to !== Infinity;
/** It was tried, and it could not be done: `false`, or an error for that. */
const refused = (operation: Operation): boolean =>
  returned(operation) && (operation.threw !== undefined || operation.result === false);

/** How the three queues differ: where an item goes in. They all give the first. */
type Insert = (items: readonly unknown[], item: unknown) => readonly unknown[];

const isPut = ({ name }: Operation): boolean => name === 'put' || name === 'tryPut';

function anyQueue(
  name: string,
  insert: Insert,
  { maxsize = 0, fair = false }: QueueModelOptions,
): Model<readonly unknown[]> {
  const isFull = (items: readonly unknown[]): boolean => maxsize > 0 && items.length >= maxsize;
  const model: Model<readonly unknown[]> = {
    name,
    initial: () => [],
    step(items, operation, others) {
      const { args, result } = operation;
      const spokenFor = fair && others.some(other => isPut(other) === isPut(operation));
      switch (operation.name) {
        case 'put':
        case 'tryPut':
          if (refused(operation)) return isFull(items) || spokenFor ? items : undefined;
          return isFull(items) ? undefined : insert(items, args[0]);
        case 'get':
        case 'tryGet': {
          const boxed = operation.name === 'tryGet';
          if (refused(operation) || (boxed && returned(operation) && result === undefined))
            return items.length === 0 || spokenFor ? items : undefined;
          if (items.length === 0) return undefined;
          const got = boxed ? (result as { value: unknown } | undefined)?.value : result;
          return !returned(operation) || text(items[0]) === text(got) ? items.slice(1) : undefined;
        }
        default:
          return unknownCall(name, operation);
      }
    },
    show: items => `[${items.map(text).join(', ')}]`,
  };
  // With a limit, an item that is left out makes room for another.
  if (maxsize > 0) return model;
  return {
    ...model,
    about(operation) {
      if (!isPut(operation) && !returned(operation)) return undefined;
      if (isPut(operation)) return text(operation.args[0]);
      if (operation.name === 'get') return operation.threw === undefined ? text(operation.result) : undefined;
      const box = operation.result as { value: unknown } | undefined;
      return box === undefined ? undefined : text(box.value);
    },
  };
}

/** What a queue's model may know. */
export interface QueueModelOptions {
  /** How many items it holds at most; 0 (default) for any number. */
  readonly maxsize?: number;
  /**
   * Whether those who wait come first: then an item may be spoken for, and one that doesn't wait, or no longer, may be refused although it is there. So
   * refusals are accepted while another call of the same side is in flight. Default false.
   */
  readonly fair?: boolean;
}

/**
 * A first-in, first-out queue: `put(item)`, `tryPut(item)`, `get()` → item, `tryGet()` → `{ value }` or `undefined`. `false` or an error means: not done,
 * because it was full, or empty.
 */
export function queueModel(options: QueueModelOptions = {}): Model<readonly unknown[]> {
  return anyQueue('a first-in, first-out queue', (items, item) => [...items, item], options);
}

/** A last-in, first-out queue (a stack), with the operations of `queueModel`. */
export function lifoQueueModel(options: QueueModelOptions = {}): Model<readonly unknown[]> {
  return anyQueue('a last-in, first-out queue', (items, item) => [item, ...items], options);
}

/** What a priority queue's model may know. */
export interface PriorityQueueModelOptions extends QueueModelOptions {
  /** The priority of an item, lowest first; by default the item itself, or its first element if it is an array. */
  readonly priority?: (item: never) => number;
}

/** A queue that gives the item of lowest priority, of equal ones the oldest; with the operations of `queueModel`. */
export function priorityQueueModel(options: PriorityQueueModelOptions = {}): Model<readonly unknown[]> {
  const priority = (item: unknown): number => {
    if (options.priority !== undefined) return options.priority(item as never);
    return Number(Array.isArray(item) ? item[0] : item);
  };
  return anyQueue(
    'a priority queue',
    (items, item) => {
      const mine = priority(item);
      const behind = items.findIndex(other => priority(other) > mine);
      return behind < 0 ? [...items, item] : [...items.slice(0, behind), item, ...items.slice(behind)];
    },
    options,
  );
}

/**
 * A semaphore: `acquire()`, `tryAcquire()` (`false`, or an error: there was no permit), `release(n = 1)`. With `limit`, a release beyond it must throw.
 */
export function semaphoreModel(permits: number = 1, limit: number = Infinity): Model<number> {
  const name = `a semaphore with ${permits} permit${permits === 1 ? '' : 's'}`;
  return {
    name,
    initial: () => permits,
    step(free, operation) {
      switch (operation.name) {
        case 'acquire':
        case 'tryAcquire':
          if (refused(operation)) return free === 0 ? free : undefined;
          return free > 0 ? free - 1 : undefined;
        case 'release': {
          const after = free + ((operation.args[0] as number | undefined) ?? 1);
          if (refused(operation)) return after > limit ? free : undefined;
          return after > limit ? undefined : after;
        }
        default:
          return unknownCall(name, operation);
      }
    },
    show: free => `${free} free`,
  };
}

/**
 * A lock: `acquire()`, `tryAcquire()` (`false`, or an error: it was locked), `release()` (an error: it wasn't). As Python's, it may be released by a
 * thread other than the one that acquired it.
 */
export function lockModel(): Model<boolean> {
  return {
    name: 'a lock',
    initial: () => false,
    step(locked, operation) {
      switch (operation.name) {
        case 'acquire':
        case 'tryAcquire':
          if (refused(operation)) return locked ? locked : undefined;
          return locked ? undefined : true;
        case 'release':
          if (refused(operation)) return locked ? undefined : locked;
          return locked ? false : undefined;
        default:
          return unknownCall('a lock', operation);
      }
    },
    show: locked => (locked ? 'locked' : 'free'),
  };
}

/** One word of memory: `read()` → value, `write(value)`, `compareExchange(expected, replacement)` → the value before. */
export function registerModel(initial: unknown = 0): Model<unknown> {
  const matches = (operation: Operation, value: unknown): boolean =>
    !returned(operation) || (operation.threw === undefined && text(operation.result) === text(value));
  return {
    name: 'a register',
    initial: () => initial,
    step(value, operation) {
      const [first, second] = operation.args;
      switch (operation.name) {
        case 'read':
          return matches(operation, value) ? value : undefined;
        case 'write':
          return first;
        case 'compareExchange':
          if (!matches(operation, value)) return undefined;
          return text(value) === text(first) ? second : value;
        default:
          return unknownCall('a register', operation);
      }
    },
    show: text,
  };
}
