import { setImmediate as turn } from 'node:timers/promises';
import { SharedInt32Array, SimpleQueue } from '@heddle/core';
import { expect, test } from 'vitest';
import { Dispatcher } from '../dispatcher.ts';
import { PlatformHost } from '../host.ts';
import { bellWords, ring } from './bell.ts';
import type { Outbox } from './outbox.ts';
import type { Wiring } from './packet.ts';
import type { Parcel } from './parcel.ts';
import { Reception } from './reception.ts';

const ASLEEP = 2;

/** The main thread's reception, whose other threads are the test. */
class Main {
  readonly opened: unknown[] = [];
  stopped = false;
  questions = 0;
  readonly outbox = { sent: 0, driven: false, lastSlot: 0, flush() {} } as unknown as Outbox;
  readonly inbox = new SimpleQueue<Parcel>();
  readonly bells = new SharedInt32Array(bellWords(1));
  readonly reception: Reception;
  readonly over: Promise<void>;

  constructor() {
    const wiring = { inboxes: [this.inbox], bells: this.bells } as unknown as Wiring;
    this.reception = new Reception(this, new Dispatcher(new PlatformHost()), wiring, 0);
    this.over = this.reception.run();
  }

  takeParked(): undefined {
    return undefined;
  }

  open(parcel: Parcel): void {
    const { ask } = parcel as { ask: number };
    this.opened.push(ask);
    if (ask < 0) this.stopped = true;
    if (ask > 0) this.questions -= 1;
  }

  put(ask: number): void {
    this.inbox.put({ ask, value: 1, packed: false });
  }

  async untilAsleep(): Promise<void> {
    while (this.bells.view[0] !== ASLEEP) await turn();
  }
}

test('what comes behind an answer that was watched for is found at the next turn, though the bell says that nobody need be woken', async () => {
  const main = new Main();
  for (let n = 1; n <= 20; n++) {
    await main.untilAsleep();
    main.questions += 1;
    main.put(n);
    main.reception.expectAnswer();
    // Where there is one core only, nobody watches.
    if (main.opened.at(-1) === n) expect(main.bells.view[0]).not.toBe(ASLEEP);
    main.put(0);
    ring(main.bells, 0);
    await expect.poll(() => main.opened.slice(-2), { timeout: 20_000, interval: 1 }).toEqual([n, 0]);
  }
  await main.untilAsleep();
  main.put(-1);
  ring(main.bells, 0);
  await main.over;
});

test('many questions in one turn of the loop: it sleeps on once, and is woken as ever', async () => {
  const main = new Main();
  for (let round = 0; round < 10; round++) {
    await main.untilAsleep();
    for (let n = 1; n <= 5; n++) {
      main.questions += 1;
      main.put(n);
      main.reception.expectAnswer();
      await Promise.resolve();
    }
    await main.untilAsleep();
    expect(main.opened.splice(0)).toEqual([1, 2, 3, 4, 5]);
    main.put(0);
    ring(main.bells, 0);
    await expect.poll(() => main.opened.splice(0), { timeout: 20_000, interval: 1 }).toEqual([0]);
  }
  main.put(-1);
  ring(main.bells, 0);
  await main.over;
});
