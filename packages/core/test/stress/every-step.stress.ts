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

/** So long a victim may take to load the package. */
const LOADING_MS = 10_000;

/**
 * Starts a victim, which says when it is about to act. Seen now and then under load, in Node 24 with the test runner's loader: a worker that comes to its first
 * `import` of a source and never back. It has touched no shared memory by then, so another takes its place.
 */
async function loadVictim(operation: string, packed: Uint8Array, step: number): Promise<Worker> {
  const module = new URL('./step-operations.fixture.ts', import.meta.url).href;
  for (let tries = 1; ; tries++) {
    const victim = new Worker(new URL('./step-victim.fixture.mjs', import.meta.url), {
      workerData: { memory: slab(), packed, operation, step, module },
    });
    try {
      await once(victim, 'message', { signal: AbortSignal.timeout(LOADING_MS) });
      return victim;
    } catch (error) {
      await victim.terminate();
      if (tries === 3) throw error;
    }
  }
}

/** Lets a victim die before its `step`-th change; resolves to false if the operation has fewer. */
async function killAt(operation: string, packed: Uint8Array, step: number): Promise<boolean> {
  const victim = await loadVictim(operation, packed, step);
  const exited = once(victim, 'exit');
  let words: LastWords;
  try {
    const last = once(victim, 'message', { signal: AbortSignal.timeout(20_000) });
    victim.postMessage('act');
    [words] = (await last) as [LastWords];
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
