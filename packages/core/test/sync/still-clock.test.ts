/** Who looks for a while before it sleeps ends that, though a test's clock stands still. */
import { afterEach, expect, it, vi } from 'vitest';
import { Event, Queue, Thread, ThreadPoolExecutor } from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import * as tasks from './still-clock.fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('promises of two threads that answer each other, and of a pool, are served under a clock that stands still', async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  await pool.submit(tasks.next, 0);
  const [here, there] = [new Event(), new Event()];
  const queue = new Queue<number>();
  const thread = new Thread(tasks.answer, { args: [here, there, queue, 200] }).start();
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setInterval', 'Date'] });
  for (let n = 0; n < 200; n++) {
    here.clear();
    there.set();
    await here.waitAsync();
    expect(await queue.getAsync()).toBe(n);
    expect(await pool.submit(tasks.next, n)).toBe(n + 1);
  }
  // Nobody sets it: the loop has its turns all the same, and what else runs in it goes on.
  here.clear();
  const never = here.waitAsync({ timeout: 1000 });
  await new Promise(resolve => setImmediate(resolve));
  vi.advanceTimersByTime(1100);
  expect(await never).toBe(false);
  vi.useRealTimers();
  await thread.joinAsync(SOON);
  await pool.shutdownAsync();
});
