/**
 * Calls by comlink to a thread and back: over a `SharedPort`, and over a worker's `postMessage` as comlink's users do. The service adds one to a number, and
 * the results are added up. comlink itself is the same on both sides, and costs each the same.
 */
import { Thread, task } from '@heddle/core';
import { SharedChannel, expose, wrap } from '@heddle/core/comlink';
import type { Remote, SharedPort } from '@heddle/core/comlink';
import { parentPort } from 'node:worker_threads';
import type { Endpoint } from 'comlink';
import { TIME, timedAsync } from './harness.ts';
import type { Round, Side, Subject } from './harness.ts';
import { startWorker } from './worker.ts';

const WARM_UP = 1000;
const IN_FLIGHT = 100;

const service = { increment: (n: number): number => n + 1 };
type Service = Remote<typeof service>;

export const serve = task(import.meta, function serve(port: SharedPort): Promise<void> {
  expose(service, port);
  return port.closed;
});

function overSharedPort(): Service {
  const { port1, port2 } = new SharedChannel();
  new Thread(serve, { args: [port2] }).start();
  return wrap<typeof service>(port1);
}

interface Emitter {
  postMessage(message: unknown, transfer?: readonly never[]): void;
  on(event: 'message', listener: (data: unknown) => void): unknown;
}

/** What comlink's own adapter for Node does, without its bookkeeping of listeners. */
function endpointOf(emitter: Emitter): Endpoint {
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) =>
      emitter.postMessage(message, transfer as never),
    addEventListener(_type, listener) {
      const tell = typeof listener === 'function' ? listener : listener.handleEvent.bind(listener);
      emitter.on('message', data => tell({ data } as never));
    },
    removeEventListener() {},
  };
}

export function servePlainly(): void {
  expose(service, endpointOf(parentPort!));
}

function overPostMessage(): Service {
  return wrap<typeof service>(endpointOf(startWorker(import.meta, servePlainly, undefined)));
}

async function oneByOne(remote: Service, calls: number): Promise<number> {
  let sum = 0;
  for (let n = 0; n < calls; n++) sum += await remote.increment(n);
  return sum;
}

async function inFlight(remote: Service, calls: number): Promise<number> {
  let sum = 0;
  for (let n = 0; n < calls; n += IN_FLIGHT) {
    const count = Math.min(IN_FLIGHT, calls - n);
    const results = await Promise.all(Array.from({ length: count }, (_, each) => remote.increment(n + each)));
    for (const result of results) sum += result;
  }
  return sum;
}

function side(make: () => Service, work: (remote: Service, calls: number) => Promise<number>): Side {
  return async (): Promise<Round> => {
    const remote = make();
    await work(remote, WARM_UP);
    return calls => timedAsync(() => work(remote, calls));
  };
}

const expected = (calls: number): number => (calls * (calls + 1)) / 2;

const subject: Subject = {
  one: {
    operation: 'a call to a thread and back, one after the other',
    operations: 5000,
    quick: 1000,
    expected,
    sides: { SharedPort: side(overSharedPort, oneByOne), postMessage: side(overPostMessage, oneByOne) },
    rows: [{ what: 'a call', ours: 'SharedPort', against: 'postMessage', bar: TIME }],
  },
  many: {
    operation: `a call to a thread and back, ${IN_FLIGHT} in flight`,
    operations: 20_000,
    quick: 4000,
    expected,
    sides: { SharedPort: side(overSharedPort, inFlight), postMessage: side(overPostMessage, inFlight) },
    rows: [{ what: 'a call', ours: 'SharedPort', against: 'postMessage', bar: TIME }],
  },
};
export default subject;
