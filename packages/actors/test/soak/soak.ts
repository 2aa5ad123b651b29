/**
 * `npm run soak --workspace packages/actors -- --minutes N`: many actors, many births and deaths, questions, credit and killed threads, for as long as wanted. It fails if an answer is
 * wrong, a question is never settled, a message is neither handled nor counted, or memory grows.
 */
import { memoryUsage } from '@heddle/core';
import { parseArgs } from 'node:util';
import { ActorDiedError, ActorSystem, Supervisor, supervisor } from '../../src/index.ts';
import type { Context } from '../../src/index.ts';
import { keepAccounts } from './accounts.ts';
import { keepCredit } from './credit.ts';
import { adder } from './soak.fixture.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError(`--minutes must be a number above 0, got "${values.minutes}"`);

const MANY = 100_000;
const BORN = 1_000_000;
const BATCH = 10_000;
const KILL_EVERY_MS = 5000;

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('soak: run it with --expose-gc');

interface Memory {
  readonly heap: number;
  readonly rss: number;
  /** Of Heddle's shared memory. */
  readonly shared: number;
}

async function memory(): Promise<Memory> {
  for (let n = 0; n < 3; n++) {
    await new Promise(resolve => setTimeout(resolve, 10));
    collect!();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss, shared: memoryUsage().used };
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const say = (text: string): void =>
  console.log(`${(performance.now() / 1000).toFixed(1).padStart(7)} s  ${text}`);

function check(holds: boolean, text: string): void {
  if (!holds) throw new Error(`soak: ${text}`);
}

/** A hundred thousand actors that are alive at once, each of which answers. */
async function manyAlive(): Promise<void> {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  const before = await memory();
  let handled = 0;
  const refs = Array.from({ length: MANY }, () =>
    system.spawn((_context: Context<number>) => (n: number) => void (handled += n)),
  );
  for (const ref of refs) ref.tell(1);
  while (handled < MANY) await new Promise(resolve => setImmediate(resolve));
  const after = await memory();
  const each = (after.heap - before.heap) / MANY;
  say(`${MANY} actors alive, each handled a message: ${each.toFixed(0)} bytes of heap each`);
  check(each < 2600, `an idle actor takes ${each.toFixed(0)} bytes, Erlang's takes 2600`);
}

/** A million actors that come and go. */
async function manyBorn(): Promise<void> {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  const born = async (count: number): Promise<void> => {
    let ended = 0;
    for (let n = 0; n < count; n++) {
      const ref = system.spawn((_context: Context<number>) => () => {});
      ref.tell(1);
      void ref.whenStopped().then(() => (ended += 1));
      system.exit(ref, { type: 'shutdown' });
    }
    while (ended < count) await new Promise(resolve => setImmediate(resolve));
  };
  await born(BATCH);
  const before = await memory();
  const start = performance.now();
  for (let n = 0; n < BORN; n += BATCH) await born(BATCH);
  const micros = ((performance.now() - start) * 1000) / BORN;
  const after = await memory();
  say(
    `${BORN} actors spawned and stopped, ${micros.toFixed(1)} µs each; heap ${mib(before.heap)} → ${mib(after.heap)}`,
  );
  check(after.heap < before.heap + 4 * 2 ** 20, 'the heap has grown');
  check(system.inspect().children.length === 0, 'ended actors are still shown');
}

/** Questions and credit to supervised actors on threads that are killed now and then. */
async function underFire(): Promise<void> {
  await using system = new ActorSystem({ threads: 2, report: () => {} });
  const children = Array.from({ length: 8 }, (_, n) => ({
    id: `adder ${n}`,
    start: adder,
    args: [],
    options: { placement: { key: n } },
  }));
  const shop = new Supervisor(
    system.spawn(supervisor({ children, intensity: 1_000_000, period: 1000 }), { name: 'shop' }),
  );
  const refs = await Promise.all(children.map(async ({ id }) => (await shop.child(adder, id as never))!));
  const end = performance.now() + minutes * 60_000;
  let answered = 0;
  let died = 0;
  let kills = 0;
  const rounds = refs.map(() => 0);
  const asker = async (ref: (typeof refs)[number], index: number): Promise<void> => {
    for (let n = 0; performance.now() < end; n++) {
      try {
        const answer = await ref.ask({ type: 'add', n }, { timeout: 300_000 });
        check(answer === n, `asked ${n}, was answered ${answer}`);
        await ref.send({ type: 'put', n }, { timeout: 300_000 });
        answered += 1;
        rounds[index]! += 1;
      } catch (error) {
        if (!(error instanceof ActorDiedError)) throw error;
        died += 1;
      }
    }
  };
  const samples: Memory[] = [];
  const killer = async (): Promise<void> => {
    for (let seen = [...rounds]; performance.now() < end; seen = [...rounds]) {
      await new Promise(resolve => setTimeout(resolve, KILL_EVERY_MS));
      // Not before all have been served since the last one: on a machine with much else to do a thread takes seconds to start, and would never get to it.
      while (rounds.some((count, n) => count === seen[n]) && performance.now() < end)
        await new Promise(resolve => setTimeout(resolve, 100));
      samples.push(await memory());
      refs[kills % refs.length]!.tell({ type: 'exit' });
      kills += 1;
    }
  };
  const [accounts] = await Promise.all([keepAccounts(end), ...refs.map(asker), killer()]);
  const { told, heard, counted, exits, terminations } = accounts;
  say(
    `${told} numbers told to threads that died (${exits} by process.exit(), ${terminations} terminated): ${heard} heard, ${counted} counted as dead letters, ${told - heard - counted} were being handled`,
  );
  say(
    `${answered} questions and sends answered, ${died} failed with their thread's death, ${kills} threads killed`,
  );
  check(answered > 0, 'nothing was answered');
  const third = Math.floor(samples.length / 3);
  if (third < 1) return say('too short to judge memory: use --minutes 1 or more');
  const least = (part: readonly Memory[], key: keyof Memory): number =>
    Math.min(...part.map(sample => sample[key]));
  for (const key of ['heap', 'rss', 'shared'] as const) {
    const early = least(samples.slice(0, third), key);
    const late = least(samples.slice(-third), key);
    say(`${key}: ${mib(early)} in the first third, ${mib(late)} in the last`);
    // Threads that are killed leave memory of their engines, for a while (measured: up to 100 MiB after 20).
    const slack = key === 'rss' ? 128 : 4;
    check(late < early * 1.1 + slack * 2 ** 20, `${key} has grown`);
  }
}

/** Sends and questions that wait for room, a fifth of the time. */
async function onCredit(): Promise<void> {
  const { done, died, givenUp, deaths } = await keepCredit(performance.now() + minutes * 12_000);
  say(
    `${done} sends and questions to actors with little room, ${died} failed with their actors, ${givenUp} given up or refused, ${deaths} deaths: each was settled`,
  );
  check(done > 0, 'nothing was settled');
}

await manyAlive();
await manyBorn();
await underFire();
await onCredit();
say('done');
