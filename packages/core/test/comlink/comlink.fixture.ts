/** What the tests of `@heddle/core/comlink` run in threads and workers. */
import {
  type CountDownLatch,
  type Event,
  HeddleError,
  Lock,
  Queue,
  type RuntimeHandle,
  SharedInt32Array,
  attach,
  task,
  unpack,
} from '../../src/index.ts';
import { type Remote, type SharedPort, expose, finalizer, proxy } from '../../src/comlink/index.ts';

export class Counter {
  count: number;
  constructor(count = 0) {
    this.count = count;
  }
  increment(by = 1): number {
    return (this.count += by);
  }
}

/** Of a class that the other side knows too, or not. */
export class StockError extends RangeError {
  readonly code = 'E_STOCK';
  readonly left: number;
  constructor(message: string, left: number, options?: ErrorOptions) {
    super(message, options);
    this.left = left;
  }
}

const made: object[] = [];

export const api = {
  add: (a: number, b: number): number => a + b,
  echo: <T>(value: T): T => value,
  value: 4 as unknown,
  Counter,
  fail(kind: string): void {
    if (kind === 'own')
      throw new StockError('none left', 0, { cause: new TypeError('the reason', { cause: 7 }) });
    if (kind === 'heddle') throw new HeddleError('ours');
    if (kind === 'lock')
      throw Object.assign(new Error('locked'), { lock: new Lock({ name: 'of the error' }) });
    throw { not: 'an error' };
  },
  unserializable: (): object => ({ deep: [() => 1] }),
  async callBack(callback: (value: number) => unknown, value: number): Promise<unknown> {
    return callback(value);
  },
  counter: (start: number): Counter => proxy(new Counter(start)),
  /** Creates shareables here and sends them in depth. */
  create(): { nested: Array<Map<string, unknown>> } {
    const lock = new Lock({ name: 'from there' });
    lock.acquire();
    const queue = new Queue<number>();
    queue.put(42);
    made.push(lock, queue);
    return {
      nested: [
        new Map<string, unknown>([
          ['lock', lock],
          ['queue', queue],
          ['again', lock],
        ]),
      ],
    };
  },
  release(held: { in: [Map<string, { lock: Lock }>] }): boolean {
    held.in[0].get('lock')!.lock.release();
    return true;
  },
  fill(array: SharedInt32Array, value: number): string {
    array.view.fill(value);
    return array.constructor.name;
  },
  never: (): Promise<never> => new Promise(() => {}),
  async neverAfter(started: Event): Promise<never> {
    started.set();
    return new Promise(() => {});
  },
  exit(): void {
    process.exit(3);
  },
  crash(): Promise<never> {
    setTimeout(() => {
      throw new RangeError('crashed outside of any call');
    });
    return new Promise(() => {});
  },
};
export type Api = typeof api;

/** Serves until the port closes. */
export const serve = task(import.meta, function serve(port: SharedPort): Promise<void> {
  expose(api, port);
  return port.closed;
});

/** Serves, and says by the latch when it has heard the end. */
export const serveFinalized = task(
  import.meta,
  function serveFinalized(port: SharedPort, ended: CountDownLatch): Promise<void> {
    expose({ ...api, [finalizer]: () => ended.countDown() }, port);
    return port.closed.then(() => ended.countDown());
  },
);

/** Ends as soon as `end` is set, with a call in flight. */
export const serveUntil = task(
  import.meta,
  async function serveUntil(port: SharedPort, end: Event): Promise<void> {
    expose(api, port);
    await end.waitAsync();
  },
);

/** Never opens its port. */
export const ignore = task(import.meta, function ignore(_port: SharedPort): void {});

/** Has a port, and never opens it. */
export const keep = task(import.meta, async function keep(port: SharedPort, has: Event): Promise<string> {
  has.set();
  await new Promise(() => {});
  return port.name;
});

/** A service that calls back, again and again, whoever subscribed. */
export const serveSubscriptions = task(
  import.meta,
  function serveSubscriptions(port: SharedPort): Promise<void> {
    const subscribers: Array<Remote<(value: unknown) => unknown>> = [];
    expose(
      {
        subscribe: (subscriber: Remote<(value: unknown) => unknown>) => subscribers.push(subscriber),
        publish: async (value: unknown) => Promise.all(subscribers.map(each => each(value))),
      },
      port,
    );
    return port.closed;
  },
);

/** The other way round: the thread calls what the main thread exposes. */
export const callMain = task(import.meta, async function callMain(port: SharedPort): Promise<unknown> {
  const { wrap } = await import('../../src/comlink/index.ts');
  const remote = wrap<Api>(port);
  const sum = await remote.add(2, 3);
  const error = await remote.fail('own').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  port.close();
  return { sum, name: (error as Error).name, left: (error as StockError).left };
});

/** Calls main, and is ended from outside while main works on it. */
export const callMainForEver = task(
  import.meta,
  async function callMainForEver(port: SharedPort): Promise<void> {
    const { wrap } = await import('../../src/comlink/index.ts');
    await wrap<{ work(): Promise<void> }>(port).work();
  },
);

/** In a worker that somebody else started: serves over its MessagePort. */
export async function serveForeign(): Promise<void> {
  const { parentPort, workerData } = await import('node:worker_threads');
  const { handle, port, packed } = workerData as {
    handle: RuntimeHandle | undefined;
    port?: MessagePort;
    packed?: Uint8Array;
  };
  if (handle !== undefined) attach(handle);
  expose(api, port ?? (unpack(packed!) as SharedPort));
  parentPort!.postMessage('ready');
}
