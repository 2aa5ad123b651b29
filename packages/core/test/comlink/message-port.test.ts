/** Shareables through comlink's calls over the platform's own endpoints: a MessagePort, and a worker that attached. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Event,
  Lock,
  Queue,
  SharedInt32Array,
  ThreadDiedError,
  pack,
  runtimeHandle,
} from '../../src/index.ts';
import { SharedChannel, type Remote, expose, proxy, transfer, wrap } from '../../src/comlink/index.ts';
import { pointerOf, SOON, until } from '../support/state.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { i32 } from '../../src/atomics.ts';
import type { Api } from './comlink.fixture.ts';

const rest: Array<() => unknown> = [];

afterEach(async () => {
  for (const end of rest.splice(0)) await end();
});

function remote<T>(exposed: T): Remote<T> {
  const { port1, port2 } = new MessageChannel();
  rest.push(() => port1.close());
  expose(exposed, port2);
  return wrap<T>(port1);
}

describe('over a MessagePort', () => {
  it('a shareable arrives as the same handle, in an object in an array in a Map, both ways, cycles included', async () => {
    const lock = new Lock();
    const seen: unknown[] = [];
    const thing = remote({ f: (value: unknown) => (seen.push(value), value) });
    const item: { lock: Lock; self?: unknown } = { lock };
    item.self = item;
    const value = {
      map: new Map<unknown, unknown>([
        ['list', [1, item, lock]],
        [lock, new Set([lock])],
      ]),
      date: new Date(5),
    };
    const back = (await thing.f(value)) as typeof value;
    for (const each of [seen[0] as typeof value, back]) {
      const list = each.map.get('list') as [number, typeof item, Lock];
      expect(list[2]).toBe(lock);
      expect(list[1].lock).toBe(lock);
      expect(list[1].self).toBe(list[1]);
      expect([...(each.map.get(lock) as Set<Lock>)]).toEqual([lock]);
      expect(each.date).toEqual(new Date(5));
    }
    expect(value.map.get(lock)).toEqual(new Set([lock]));
  });

  it('at the top, and beside callbacks', async () => {
    const queue = new Queue<number>();
    const thing = remote(async (into: Queue<number>, item: () => Promise<number>) => into.put(await item()));
    await thing(queue, proxy(() => 5) as never);
    expect(queue.get(SOON)).toBe(5);
  });

  it('beside buffers that are transferred, and ports', async () => {
    const lock = new Lock();
    const thing = remote((value: { lock: Lock; bytes: Uint8Array; port: MessagePort }) => {
      value.lock.acquire();
      value.port.postMessage([...value.bytes]);
      value.port.close();
    });
    const bytes = new Uint8Array([1, 2, 3]);
    const { port1, port2 } = new MessageChannel();
    const arrived = new Promise(resolve => {
      port1.addEventListener('message', event => resolve((event as MessageEvent).data), { once: true });
      port1.start();
    });
    await thing(transfer({ lock, bytes, port: port2 }, [bytes.buffer, port2]));
    expect(await arrived).toEqual([1, 2, 3]);
    expect([lock.locked, bytes.length]).toEqual([true, 0]);
    port1.close();
  });

  it('holds no reference once it has arrived', async () => {
    const lock = new Lock();
    const thing = remote((value: { lock: Lock }[]) => value[0]!.lock.tryAcquire());
    await thing([{ lock }]);
    expect(i32[pointerOf(lock) + OBJECT.references]).toBe(1);
    await thing([{ lock, no: () => 1 } as never]).catch(() => {});
    expect(i32[pointerOf(lock) + OBJECT.references]).toBe(1);
  });

  it('leaves alone what only looks like one', async () => {
    const thing = remote({ f: (value: unknown) => value });
    const value = { runtime: 1, holes: [{}], packed: new Uint8Array(3), empty: {} };
    expect(await thing.f(value)).toEqual(value);
    expect(await thing.f([{ lock: new Lock() }, {}])).toEqual([{ lock: expect.any(Lock) as Lock }, {}]);
  });
});

describe('in a worker that somebody else started', () => {
  async function foreign(handle: unknown): Promise<Remote<Api>> {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(new URL('./foreign.fixture.ts', import.meta.url), {
      workerData: { handle, port: port2 },
      transferList: [port2 as never],
    });
    rest.push(async () => {
      port1.close();
      await worker.terminate();
    });
    await once(worker, 'message', { signal: AbortSignal.timeout(SOON.timeout) });
    return wrap<Api>(port1);
  }

  it('that attached, shareables are the same memory, and errors keep their class', async () => {
    const thing = await foreign(runtimeHandle());
    const lock = new Lock();
    lock.acquire();
    expect(await thing.release({ in: [new Map([['lock', { lock }]])] })).toBe(true);
    expect(lock.locked).toBe(false);
    const array = new SharedInt32Array(2);
    await thing.fill(array, 3);
    expect([...array.view]).toEqual([3, 3]);
    const { nested } = await thing.create();
    expect((nested[0]!.get('queue') as Queue<number>).get(SOON)).toBe(42);
    const error = (await thing.fail('own').catch((reason: unknown) => reason)) as RangeError & {
      left: number;
    };
    expect(error).toBeInstanceOf(RangeError);
    expect([error.name, error.left]).toEqual(['StockError', 0]);
    await until(() => !lock.locked, 'it is free');
  });

  it('that did not attach, other values travel as ever, and errors as comlink sends them', async () => {
    const thing = await foreign(undefined);
    expect(await thing.echo({ a: [1] })).toEqual({ a: [1] });
    const error = (await thing.fail('own').catch((reason: unknown) => reason)) as Error;
    expect([error.name, error.message]).toEqual(['RangeError', 'none left']);
  });

  it.runIf(process.platform === 'linux')(
    'that attached may have a SharedPort, and calls to it reject when it dies',
    async () => {
      const { port1, port2 } = new SharedChannel();
      const worker = new Worker(new URL('./foreign.fixture.ts', import.meta.url), {
        workerData: { handle: runtimeHandle(), packed: pack(port2) },
      });
      const thing = wrap<Api>(port1);
      expect(await thing.add(2, 3)).toBe(5);
      const started = new Event();
      const flying = Promise.resolve(thing.neverAfter(started) as Promise<unknown>).catch(
        (reason: unknown) => reason,
      );
      expect(await started.waitAsync(SOON)).toBe(true);
      await worker.terminate();
      expect(await flying).toBeInstanceOf(ThreadDiedError);
      await port1.closed;
    },
  );
});
