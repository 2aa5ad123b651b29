/**
 * Sends and questions to actors with room for two, from the main thread and from actors on threads, while threads exit and are terminated and actors fail: each is settled. One that has been open
 * for long may be starved by the deaths, since a busy machine takes seconds to start a thread; so nothing dies for a while then, and it is lost if it isn't settled all the same.
 */
import { TimeoutError } from '@heddle/core';
import { ActorDiedError, ActorSystem, MailboxFullError, Supervisor, supervisor } from '../../src/index.ts';
import { clerk, messenger } from './credit.fixture.ts';

const SENDERS = 24;
const KILL_EVERY_MS = 300;
/** So many are settled between two deaths. */
const SETTLED = 50;
const STARVING_MS = 20_000;
const LOST_MS = 120_000;
/** For those that are never given up. */
const PATIENT = { timeout: 3_600_000 };

export interface Settled {
  readonly done: number;
  readonly died: number;
  readonly givenUp: number;
  readonly deaths: number;
}

const pick = (count: number): number => Math.floor(Math.random() * count);
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Goes on until `end`, by `performance.now()`. Rejects if something is never settled. */
export async function keepCredit(end: number): Promise<Settled> {
  await using system = new ActorSystem({ threads: 2, name: 'credit', report: () => {} });
  const roomy = { intensity: 1_000_000, period: 1000 } as const;
  const clerks = Array.from({ length: 6 }, (_, key) => ({
    id: `clerk ${key}`,
    start: clerk,
    options: { placement: { key } },
  }));
  const office = new Supervisor(system.spawn(supervisor({ children: clerks, ...roomy }), { name: 'office' }));
  const refs = await Promise.all(clerks.map(async ({ id }) => (await office.child(clerk, id))!));
  const children = Array.from({ length: 4 }, (_, key) => ({
    id: `messenger ${key}`,
    start: messenger,
    args: [refs],
    options: { placement: { key } },
  }));
  const road = new Supervisor(system.spawn(supervisor({ children, ...roomy }), { name: 'road' }));
  const messengers = await Promise.all(children.map(async ({ id }) => (await road.child(messenger, id))!));

  /** What isn't settled, and since when. */
  const open = new Map<number, { readonly what: string; readonly since: number }>();
  const counts = { done: 0, died: 0, givenUp: 0, deaths: 0 };
  let over = false;
  let asked = 0;

  const request = async (n: number): Promise<void> => {
    const ref = refs[n % refs.length]!;
    switch (pick(4)) {
      case 0:
        return ref.send({ type: 'put', n });
      case 1:
        return ref.send({ type: 'put', n }, n % 5 === 0 ? { timeout: pick(20) } : PATIENT);
      case 2:
        return check(n, await ref.ask({ type: 'get', n }, PATIENT));
      default:
        return check(n, await messengers[n % messengers.length]!.ask({ n }, PATIENT));
    }
  };
  const check = (n: number, answer: number): void => {
    if (answer !== n) throw new Error(`credit: asked ${n}, was answered ${answer}`);
  };
  const sender = async (first: number): Promise<void> => {
    for (let n = first; !over; n += 7) {
      const key = (asked += 1);
      open.set(key, { what: `${n} to ${refs[n % refs.length]!.path}`, since: performance.now() });
      try {
        await request(n);
        counts.done += 1;
      } catch (error) {
        if (error instanceof ActorDiedError) counts.died += 1;
        else if (error instanceof TimeoutError || isFull(error)) counts.givenUp += 1;
        else throw error;
      } finally {
        open.delete(key);
      }
      if (n % 50 === 0) await new Promise(resolve => setImmediate(resolve));
    }
  };
  const oldest = (): number =>
    performance.now() - Math.min(performance.now(), ...[...open.values()].map(({ since }) => since));
  const settleAll = async (): Promise<void> => {
    const keys = [...open.keys()];
    for (let waited = 0; keys.some(key => open.has(key)); waited += 50) {
      if (waited > LOST_MS)
        throw new Error(`credit: never settled: ${JSON.stringify(keys.map(key => open.get(key)))}`);
      await pause(50);
    }
  };
  const killer = async (): Promise<void> => {
    while (performance.now() < end) {
      const before = counts.done;
      await pause(KILL_EVERY_MS * (0.2 + 1.6 * Math.random()));
      while (counts.done < before + SETTLED && oldest() < STARVING_MS) await pause(20);
      if (oldest() >= STARVING_MS) await settleAll();
      counts.deaths += 1;
      const how = pick(10);
      if (how < 7) refs[pick(refs.length)]!.tell({ type: how < 4 ? 'exit' : 'fail' });
      else system.threads.threads[pick(2)]!.terminate();
    }
    await settleAll();
    over = true;
  };
  await Promise.all([killer(), ...Array.from({ length: SENDERS }, (_, n) => sender(n))]);
  return counts;
}

/** By its name too: an actor has passed it on. */
function isFull(error: unknown): boolean {
  return error instanceof MailboxFullError || (error as Error).name === 'MailboxFullError';
}
