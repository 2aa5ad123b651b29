/**
 * Handing over to another thread and getting the turn back, as often as it goes: what it costs to wake somebody. The raw sides are the shortest
 * programs that do this with nothing but `Atomics` or `postMessage`. The partner counts its turns, and the count is the result.
 *
 * Each round begins with one turn that isn't timed, so that the partner is there.
 */
import { AtomicCounter, Condition, Event, Lock, Thread, task } from '@heddle/core';
import { parentPort } from 'node:worker_threads';
import { timed, timedAsync } from './harness.ts';
import type { Answer, Round, Subject } from './harness.ts';
import { startWorker } from './worker.ts';

/** Runs `partner` for one turn more than is timed, which is `work(1)`, and takes its count as the result. */
function withPartner(
  partner: Thread,
  turns: AtomicCounter,
  trips: number,
  work: (trips: number) => void,
): Answer {
  turns.value = 0;
  partner.start();
  work(1);
  const { nanoseconds } = timed(() => {
    work(trips);
    return 0;
  });
  partner.join();
  return { nanoseconds, result: turns.value - 1 };
}

// Event: two flags, each set by one and cleared by the other.

export const eventPartner = task(
  import.meta,
  function eventPartner(ping: Event, pong: Event, turns: AtomicCounter, trips: number): void {
    for (let trip = 0; trip < trips; trip++) {
      ping.wait();
      ping.clear();
      turns.increment();
      pong.set();
    }
  },
);

function eventTrips(ping: Event, pong: Event, trips: number): void {
  for (let trip = 0; trip < trips; trip++) {
    ping.set();
    pong.wait();
    pong.clear();
  }
}

function event(): Round {
  const ping = new Event();
  const pong = new Event();
  const turns = new AtomicCounter();
  return trips => {
    const partner = new Thread(eventPartner, { args: [ping, pong, turns, trips + 1] });
    return withPartner(partner, turns, trips, count => eventTrips(ping, pong, count));
  };
}

// Condition: one lock, and whose turn it is.

export const conditionPartner = task(
  import.meta,
  function conditionPartner(
    changed: Condition,
    turn: AtomicCounter,
    turns: AtomicCounter,
    trips: number,
  ): void {
    const isMine = () => turn.value === 1;
    changed.acquire();
    for (let trip = 0; trip < trips; trip++) {
      changed.waitFor(isMine);
      turns.increment();
      turn.value = 0;
      changed.notify();
    }
    changed.release();
  },
);

function conditionTrips(changed: Condition, turn: AtomicCounter, trips: number): void {
  const isMine = () => turn.value === 0;
  changed.acquire();
  for (let trip = 0; trip < trips; trip++) {
    turn.value = 1;
    changed.notify();
    changed.waitFor(isMine);
  }
  changed.release();
}

function condition(): Round {
  const changed = new Condition(new Lock());
  const turn = new AtomicCounter();
  const turns = new AtomicCounter();
  return trips => {
    const partner = new Thread(conditionPartner, { args: [changed, turn, turns, trips + 1] });
    return withPartner(partner, turns, trips, count => conditionTrips(changed, turn, count));
  };
}

// Lock: two locks, each acquired by one and released by the other, as Python's locks allow.

export const lockPartner = task(
  import.meta,
  function lockPartner(ping: Lock, pong: Lock, turns: AtomicCounter, trips: number): void {
    for (let trip = 0; trip < trips; trip++) {
      ping.acquire();
      turns.increment();
      pong.release();
    }
  },
);

function lockTrips(ping: Lock, pong: Lock, trips: number): void {
  for (let trip = 0; trip < trips; trip++) {
    ping.release();
    pong.acquire();
  }
}

function lock(): Round {
  const ping = new Lock();
  const pong = new Lock();
  const turns = new AtomicCounter();
  ping.acquire();
  pong.acquire();
  return trips => {
    const partner = new Thread(lockPartner, { args: [ping, pong, turns, trips + 1] });
    return withPartner(partner, turns, trips, count => lockTrips(ping, pong, count));
  };
}

// Raw: two words that count up, each on a cache line of its own, and the partner's count.

const PING = 0;
const PONG = 16;
const TURNS = 32;

/** Does as many trips as each message says. */
export function rawPartner(words: Int32Array): void {
  parentPort!.on('message', (trips: number) => rawPartnerTrips(words, trips));
}

function rawPartnerTrips(words: Int32Array, trips: number): void {
  const before = Atomics.load(words, PONG);
  for (let trip = before + 1; trip <= before + trips; trip++) {
    while (Atomics.load(words, PING) !== trip) Atomics.wait(words, PING, trip - 1);
    Atomics.add(words, TURNS, 1);
    Atomics.store(words, PONG, trip);
    Atomics.notify(words, PONG, 1);
  }
}

function rawTrips(words: Int32Array, trips: number): void {
  const before = Atomics.load(words, PING);
  for (let trip = before + 1; trip <= before + trips; trip++) {
    Atomics.store(words, PING, trip);
    Atomics.notify(words, PING, 1);
    while (Atomics.load(words, PONG) !== trip) Atomics.wait(words, PONG, trip - 1);
  }
}

function rawWait(): Round {
  const words = new Int32Array(new SharedArrayBuffer(256));
  const worker = startWorker(import.meta, rawPartner, words);
  return trips => {
    Atomics.store(words, TURNS, 0);
    worker.postMessage(trips + 1);
    rawTrips(words, 1);
    return timed(() => {
      rawTrips(words, trips);
      return Atomics.load(words, TURNS) - 1;
    });
  };
}

// On an event loop: this side awaits, and the partner blocks as above, or awaits too.

async function eventTripsAsync(ping: Event, pong: Event, trips: number): Promise<void> {
  for (let trip = 0; trip < trips; trip++) {
    ping.set();
    await pong.waitAsync();
    pong.clear();
  }
}

function eventAsync(target = eventPartner): Round {
  const ping = new Event();
  const pong = new Event();
  const turns = new AtomicCounter();
  return async trips => {
    turns.value = 0;
    const partner = new Thread(target, { args: [ping, pong, turns, trips + 1] }).start();
    await eventTripsAsync(ping, pong, 1);
    const { nanoseconds } = await timedAsync(async () => {
      await eventTripsAsync(ping, pong, trips);
      return 0;
    });
    await partner.joinAsync();
    return { nanoseconds, result: turns.value - 1 };
  };
}

/** Takes its turns without blocking, as this side does. */
export const asyncEventPartner = task(
  import.meta,
  async function asyncEventPartner(
    ping: Event,
    pong: Event,
    turns: AtomicCounter,
    trips: number,
  ): Promise<void> {
    for (let trip = 0; trip < trips; trip++) {
      await ping.waitAsync();
      ping.clear();
      turns.increment();
      pong.set();
    }
  },
);

async function rawTripsAsync(words: Int32Array, trips: number): Promise<void> {
  const before = Atomics.load(words, PING);
  for (let trip = before + 1; trip <= before + trips; trip++) {
    Atomics.store(words, PING, trip);
    Atomics.notify(words, PING, 1);
    while (Atomics.load(words, PONG) !== trip) {
      const waiting = Atomics.waitAsync(words, PONG, trip - 1);
      if (waiting.async) await waiting.value;
    }
  }
}

/** Awaits its turns, as many as each message says. */
export function rawAsyncPartner(words: Int32Array): void {
  parentPort!.on('message', async (trips: number) => {
    const before = Atomics.load(words, PONG);
    for (let trip = before + 1; trip <= before + trips; trip++) {
      while (Atomics.load(words, PING) !== trip) {
        const waiting = Atomics.waitAsync(words, PING, trip - 1);
        if (waiting.async) await waiting.value;
      }
      Atomics.add(words, TURNS, 1);
      Atomics.store(words, PONG, trip);
      Atomics.notify(words, PONG, 1);
    }
  });
}

function rawWaitAsync(target = rawPartner): Round {
  const words = new Int32Array(new SharedArrayBuffer(256));
  const worker = startWorker(import.meta, target, words);
  return async trips => {
    Atomics.store(words, TURNS, 0);
    worker.postMessage(trips + 1);
    await rawTripsAsync(words, 1);
    return timedAsync(async () => {
      await rawTripsAsync(words, trips);
      return Atomics.load(words, TURNS) - 1;
    });
  };
}

/** Answers each message with the number of messages so far. */
export function messagePartner(): void {
  let turns = 0;
  parentPort!.on('message', (isFirst: boolean) => {
    turns = isFirst ? 0 : turns + 1;
    parentPort!.postMessage(turns);
  });
}

function postMessage(): Round {
  const worker = startWorker(import.meta, messagePartner, undefined);
  const trips = async (count: number, isFirst: boolean): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<number>();
    let done = 0;
    const onMessage = (turns: number) => {
      done += 1;
      if (done < count) worker.postMessage(isFirst);
      else resolve(turns);
    };
    worker.on('message', onMessage);
    worker.postMessage(isFirst);
    const turns = await promise;
    worker.off('message', onMessage);
    return turns;
  };
  return async count => {
    await trips(1, true);
    return timedAsync(async () => trips(count, false));
  };
}

const subject: Subject = {
  blocking: {
    operation: 'to a blocked thread and back',
    operations: 5000,
    expected: trips => trips,
    sides: { Event: event, Condition: condition, Lock: lock, 'wait, notify': rawWait },
    rows: [
      { what: 'Event', ours: 'Event', against: 'wait, notify', bar: { atMost: 1.3 } },
      { what: 'Condition', ours: 'Condition', against: 'wait, notify', bar: { atMost: 1.3 } },
      { what: 'Lock', ours: 'Lock', against: 'wait, notify', bar: { atMost: 1.3 } },
    ],
  },
  async: {
    operation: 'from an event loop to a blocked thread and back',
    operations: 3000,
    expected: trips => trips,
    sides: { waitAsync: () => eventAsync(), 'raw waitAsync': () => rawWaitAsync(), postMessage },
    rows: [
      { what: 'Event, awaited', ours: 'waitAsync', against: 'raw waitAsync', bar: { atMost: 1.5 } },
      { what: 'Event, awaited', ours: 'waitAsync', against: 'postMessage', bar: { atMost: 1 } },
    ],
  },
  loops: {
    operation: 'from one event loop to another and back',
    operations: 3000,
    expected: trips => trips,
    sides: {
      'both await': () => eventAsync(asyncEventPartner),
      'raw, both await': () => rawWaitAsync(rawAsyncPartner),
      postMessage,
    },
    rows: [
      { what: 'Event, both awaited', ours: 'both await', against: 'raw, both await', bar: { atMost: 1.5 } },
      { what: 'Event, both awaited', ours: 'both await', against: 'postMessage', bar: { atMost: 1 } },
    ],
  },
};
export default subject;
