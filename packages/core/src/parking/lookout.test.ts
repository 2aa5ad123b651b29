import { describe, expect, it } from 'vitest';
import { SOON } from '../../test/support/state.ts';
import { load } from '../atomics.ts';
import { Event, Lock, Thread } from '../index.ts';
import { AGENT } from '../memory/layout.ts';
import { pendingWaits } from './async.ts';
import { selfAgent } from './guard.ts';
import { answer } from './lookout.fixture.ts';

async function ask(ping: Event, pong: Event, trips: number): Promise<void> {
  for (let trip = 0; trip < trips; trip++) {
    ping.set();
    expect(await pong.waitAsync(SOON)).toBe(true);
    pong.clear();
  }
}

function looking(): number {
  return load(selfAgent + AGENT.looking);
}

describe('looking before the event loop sleeps', () => {
  it('loses no turn, however two event loops hand it to each other', async () => {
    const [ping, pong] = [new Event(), new Event()];
    const thread = new Thread(answer, { args: [ping, pong, 1000] }).start();
    await ask(ping, pong, 1000);
    expect(await thread.joinAsync(SOON)).toBe(true);
    expect(pendingWaits()).toBe(0);
    expect(looking()).toBe(0);
  });

  it('gives timers and immediates their turns meanwhile', async () => {
    const [ping, pong] = [new Event(), new Event()];
    let trips = 0;
    let timers = 0;
    let turns = 0;
    const timer = setInterval(() => (timers += 1), 1);
    const count = () => {
      turns += 1;
      if (trips > 0) setImmediate(count);
    };
    const thread = new Thread(answer, { args: [ping, pong, 1000] }).start();
    await ask(ping, pong, 1);
    const start = performance.now();
    trips = 1;
    setImmediate(count);
    await ask(ping, pong, 999);
    const elapsed = performance.now() - start;
    trips = 0;
    clearInterval(timer);
    expect(await thread.joinAsync(SOON)).toBe(true);
    // A turn each millisecond, and what a busy machine takes off that.
    expect(turns).toBeGreaterThan(elapsed / 20);
    expect(timers).toBeGreaterThan(elapsed / 20);
  });

  it('leaves nothing in the loop of a thread that ends: its worker runs the next one', async () => {
    const workers = new Set<unknown>();
    for (let round = 0; round < 5; round++) {
      const [ping, pong] = [new Event(), new Event()];
      const thread = new Thread(answer, { args: [ping, pong, 200] }).start();
      await ask(ping, pong, 200);
      workers.add(await thread.resultAsync(SOON));
    }
    expect(workers.size).toBe(1);
  });

  it('serves a promise whose thread has other promises waiting', async () => {
    const lock = new Lock();
    lock.acquire();
    const [ping, pong] = [new Event(), new Event()];
    const long = lock.acquireAsync(SOON);
    const thread = new Thread(answer, { args: [ping, pong, 2000] }).start();
    await ask(ping, pong, 2000);
    expect(await thread.joinAsync(SOON)).toBe(true);
    lock.release();
    expect(await long).toBe(true);
  });

  it('lets what the same thread does end its wait', async () => {
    const event = new Event();
    for (let round = 0; round < 200; round++) {
      setImmediate(() => event.set());
      expect(await event.waitAsync(SOON)).toBe(true);
      event.clear();
    }
  });
});
