/** The scheduler of one thread, on a platform that takes turns only when told to. */
import { expect, test } from 'vitest';
import type { Cell } from './cell.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Host } from './host.ts';

interface Platform extends Host {
  time: number;
  readonly asked: { soon: (() => void)[]; later: (() => void)[] };
}

function platform(): Platform {
  const asked: Platform['asked'] = { soon: [], later: [] };
  return {
    time: 0,
    asked,
    now() {
      return this.time;
    },
    wall: () => 0,
    random: () => 0,
    soon: turn => void asked.soon.push(turn),
    later: turn => void asked.later.push(turn),
    alarm: () => {},
    hold: () => {},
    release: () => {},
  };
}

/** An actor that is never done: each of its messages takes `ms`, and brings the next. */
function endless(
  host: Platform,
  dispatcher: Dispatcher,
  ms: number,
): { readonly cell: Cell; handled: number } {
  const actor = {
    handled: 0,
    cell: {
      visit() {
        dispatcher.left -= 1;
        do {
          host.time += ms;
          actor.handled += 1;
        } while (--dispatcher.left > 0);
        dispatcher.enqueue(actor.cell);
      },
    } as Cell,
  };
  return actor;
}

/** One turn of the event loop: all microtasks, and the macrotasks asked for before it. */
function turnLoop({ asked }: Platform): void {
  const due = asked.later.splice(0);
  for (const turn of due) turn();
  for (let turn = asked.soon.shift(); turn !== undefined; turn = asked.soon.shift()) turn();
}

test('the platform is never asked for two turns, however often one is begun without waiting', () => {
  const host = platform();
  const dispatcher = new Dispatcher(host);
  dispatcher.enqueue(endless(host, dispatcher, 0.5).cell);
  for (let round = 0; round < 50; round++) {
    // As for each message that arrives from another thread.
    dispatcher.runNow();
    expect(host.asked.soon.length + host.asked.later.length).toBe(1);
    turnLoop(host);
    expect(host.asked).toMatchObject({ soon: [], later: [expect.any(Function)] });
  }
});

test.each([0.001, 0.1, 2, 10])(
  'with messages of %s ms a turn takes a slice of 5 ms, and at most one message more, and input is served after it',
  ms => {
    const host = platform();
    const dispatcher = new Dispatcher(host);
    const actor = endless(host, dispatcher, ms);
    dispatcher.enqueue(actor.cell);
    for (let round = 0; round < 20; round++) {
      const before = host.time;
      turnLoop(host);
      // The first turns find out how long messages take.
      if (round > 3) expect(host.time - before).toBeLessThan(5.5 + 2 * ms);
    }
    expect(actor.handled).toBeGreaterThan(20);
  },
);

test('a turn that was asked for comes as a macrotask when another has used up the slice before it', () => {
  const host = platform();
  const dispatcher = new Dispatcher(host);
  dispatcher.enqueue(endless(host, dispatcher, 1).cell);
  expect(host.asked.soon).toHaveLength(1);
  dispatcher.runNow();
  const { time } = host;
  host.asked.soon.shift()!();
  expect(host.time).toBe(time);
  expect(host.asked.later).toHaveLength(1);
});
