/** A thread that waits for messages in place, or blocks for them, keeps its event loop's promises. */
import { expect, test } from 'vitest';
import { ActorSystem } from '../src/index.ts';
import { echo, loopUser } from './reception.fixture.ts';

/** Long enough for a thread to come up on a busy machine. */
const patient = { timeout: 60_000 };

test.each(['timer', 'file', 'promises'] as const)(
  'a %s in an actor is served while questions to another actor of its thread follow each other',
  async type => {
    await using system = new ActorSystem({ threads: 1 });
    const busy = system.spawn(echo, { placement: 'leastLoaded' });
    const user = system.spawn(loopUser, { placement: 'leastLoaded' });
    await busy.ask({ n: 0 }, patient);
    let over = false;
    let asked = 0;
    const stream = (async () => {
      for (; !over; asked++) expect(await busy.ask({ n: asked })).toBe(asked);
    })();
    const times: number[] = [];
    while (times.length < 5 || asked <= 5) times.push(await user.ask({ type }));
    over = true;
    await stream;
    // A machine with other work may be slow once; an event loop that stands still is slow always.
    expect(Math.min(...times)).toBeLessThan(200);
  },
);

test("the main thread's timers are served while its questions follow each other", async () => {
  await using system = new ActorSystem({ threads: 1 });
  const ref = system.spawn(echo, { placement: 'leastLoaded' });
  await ref.ask({ n: 0 }, patient);
  // A machine with other work may be slow at times; timers that aren't served are slow always.
  let ticks = 0;
  for (let attempt = 0; attempt < 20 && ticks <= 20; attempt++) {
    ticks = 0;
    const timer = setInterval(() => (ticks += 1), 2);
    const start = performance.now();
    while (performance.now() - start < 300) await ref.ask({ n: 1 });
    clearInterval(timer);
  }
  expect(ticks).toBeGreaterThan(20);
});

test('an idle thread sleeps, and its next question is answered', async () => {
  await using system = new ActorSystem({ threads: 1 });
  const ref = system.spawn(echo, { placement: 'leastLoaded' });
  for (const pause of [0, 1, 4, 30, 80]) {
    await new Promise(resolve => setTimeout(resolve, pause));
    expect(await ref.ask({ n: pause }, patient)).toBe(pause);
  }
});
