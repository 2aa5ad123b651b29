/**
 * Kills a thread at every single step of an operation: before each of its changes of shared memory, plain or atomic, one after the other. Whatever the
 * step, the others must be served, and the object must be in order.
 */
import { once } from 'node:events';
import { BroadcastChannel, Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AtomicCounter, Event, Semaphore, Thread } from '../../src/index.ts';
import { slab } from '../../src/memory/slab.ts';
import { operations } from './step-operations.fixture.ts';
import { type Message, buryAgents, surviveEveryStep } from './step-survivor.fixture.ts';

const [agent, go, stop] = [new AtomicCounter(), new Semaphore(0), new Event()];
let undertaker: Thread;
let channel: BroadcastChannel;

/** What a victim says before its last moment, or when it has done all. */
interface LastWords {
  readonly agent: number;
  readonly frozen: boolean;
}

async function bury(dead: number): Promise<void> {
  agent.value = dead;
  go.release();
  for (const end = performance.now() + 10_000; agent.value !== 0;) {
    if (performance.now() > end) throw new Error('the dead was not buried');
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** Lets a victim die before its `step`-th change; resolves to false if the operation has fewer. */
async function killAt(operation: string, packed: Uint8Array, step: number): Promise<boolean> {
  const module = new URL('./step-operations.fixture.ts', import.meta.url).href;
  const victim = new Worker(new URL('./step-victim.fixture.mjs', import.meta.url), {
    workerData: { memory: slab(), packed, operation, step, module },
  });
  const exited = once(victim, 'exit');
  let words: LastWords;
  try {
    [words] = (await once(victim, 'message', { signal: AbortSignal.timeout(20_000) })) as [LastWords];
  } catch (error) {
    const trouble = `${operation}: the victim that was to die before change ${step} neither came so far nor to its end`;
    throw new Error(trouble, { cause: error });
  } finally {
    await victim.terminate();
    await exited;
  }
  await bury(words.agent);
  return words.frozen;
}

beforeAll(() => {
  channel = new BroadcastChannel('every step');
  undertaker = new Thread(buryAgents, { args: [agent, go, stop] }).start();
});

afterAll(async () => {
  channel.close();
  stop.set();
  go.release();
  expect(await undertaker.joinAsync({ timeout: 10_000 })).toBe(true);
});

describe('a thread that is killed before any of its changes leaves everything in order', () => {
  it.each(Object.keys(operations))('%s', async name => {
    // The survivor waits for news of the victim: if none can come, it is of no use to wait for the survivor.
    const killing = Promise.withResolvers<never>();
    channel.onmessage = event => {
      const message = (event as { data: Message }).data;
      if (message.to !== 'killer' || message.of !== name) return;
      killAt(name, message.packed, message.step).then(
        frozen => channel.postMessage({ to: 'survivor', of: name, frozen } satisfies Message),
        killing.reject,
      );
    };
    const survivor = new Thread(surviveEveryStep, { args: [name] }).start();
    const surviving = survivor.resultAsync({ timeout: 500_000 });
    surviving.catch(() => {});
    const steps = await Promise.race([surviving, killing.promise]).finally(() => survivor.terminate());
    expect(steps).toBeGreaterThan(3);
  });
});
