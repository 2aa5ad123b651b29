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

/** An actor that does `work` once. */
function busy(dispatcher: Dispatcher, work: () => void): Cell {
  return {
    visit() {
      dispatcher.left -= 1;
      work();
    },
  } as Cell;
}

/** A platform with an alarm, that moves its clock to each. */
function alarming(): Platform & { looks: number; ringAll(): void } {
  let alarm: { readonly at: number; readonly ring: () => void } | undefined;
  const host = platform();
  return Object.assign(host, {
    looks: 0,
    now(this: { looks: number; time: number }) {
      this.looks += 1;
      return this.time;
    },
    alarm: (at: number | undefined, ring: () => void) =>
      void (alarm = at === undefined ? undefined : { at, ring }),
    ringAll() {
      for (let due = alarm; due !== undefined; due = alarm) {
        alarm = undefined;
        host.time = Math.max(host.time, due.at);
        due.ring();
      }
    },
  });
}

test('timers of one turn share looks at the clock, and none rings early, also after a long computation', () => {
  const host = alarming();
  const dispatcher = new Dispatcher(host);
  const rung: { readonly name: string; readonly after: number }[] = [];
  const start = (name: string, ms: number): void => {
    const started = host.time;
    dispatcher.after(ms, () => rung.push({ name, after: host.time - started }));
  };
  dispatcher.enqueue(
    busy(dispatcher, () => {
      start('first', 100);
      host.time += 1000; // computes for a second
      start('after computing', 100);
      for (let n = 0; n < 50; n++) start('another', 100);
      host.time += 3;
    }),
  );
  host.looks = 0;
  turnLoop(host);
  // At the turn's beginning, for the first timer, and at the end.
  expect(host.looks).toBe(3);
  host.ringAll();
  expect(rung.map(({ name }) => name).slice(0, 2)).toEqual(['first', 'after computing']);
  // The first is exact: its time was over when the actor was done.
  expect(rung[0]!.after).toBe(1003);
  expect(rung).toHaveLength(52);
  // The others are late by what the actor did after them.
  for (const { after } of rung.slice(1)) expect(after).toBe(103);
});

test('a timer that is started and cancelled in one turn never sets the alarm', () => {
  const host = alarming();
  const dispatcher = new Dispatcher(host);
  let rings = 0;
  dispatcher.after(1000, () => {});
  const { nextTimer } = dispatcher;
  dispatcher.enqueue(
    busy(dispatcher, () => {
      dispatcher.after(5000, () => {});
      const timer = dispatcher.after(10, () => (rings += 1));
      expect([dispatcher.cancelTimer(timer), dispatcher.cancelTimer(timer)]).toEqual([true, false]);
    }),
  );
  turnLoop(host);
  expect(dispatcher.nextTimer).toBe(nextTimer);
  host.ringAll();
  expect(rings).toBe(0);
});

test('timers for the same time ring in the order of their start, whichever look at the clock they count from', () => {
  const host = alarming();
  const dispatcher = new Dispatcher(host);
  const rung: number[] = [];
  dispatcher.enqueue(
    busy(dispatcher, () => {
      for (const n of [0, 1, 2]) dispatcher.after(10, () => rung.push(n));
      // As for a fixed rate, whose schedule needs the time.
      const { table } = dispatcher.wheel;
      const owner = { seed: 0, due: (place: number) => void rung.push(table.contents[place] as number) };
      dispatcher.restartTimer(table.take(owner, 3), 10, host.now());
      dispatcher.after(10, () => rung.push(4));
    }),
  );
  turnLoop(host);
  host.ringAll();
  expect(rung).toEqual([0, 1, 2, 3, 4]);
});
