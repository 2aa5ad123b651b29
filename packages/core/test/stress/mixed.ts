/**
 * Everything at once, for as long as you like: threads and the event loop use all primitives at random, with timeouts and aborts, while other threads
 * are killed, or die of errors, exits, full stacks and full heaps. Prints its seed and progress; ends by itself, with code 0, with code 1 at the first violation
 * of an invariant, and with 2 if nothing moves any more. `npm run soak -- --minutes 10`, or:
 *
 *   node --conditions=@heddle/source test/stress/mixed.ts --minutes 5 [--threads 8 or more] [--seed 1] [--only locks,events] [--no-deaths]
 */
import { parseArgs } from 'node:util';
import {
  AtomicCounter,
  CountDownLatch,
  Event,
  Thread,
  defaultExceptHook,
  main,
  memoryUsage,
  setExceptHook,
  task,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { randomFrom } from '../support/state.ts';
import { deathRound } from './deaths.ts';
import { poolDeathRound } from './pool-deaths.ts';
import type { Random, Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { anyDeath, isOnPurpose } from './ways-to-die.ts';

const PROGRESS_MS = Number(process.env.PROGRESS_MS ?? 10_000);
/** Promises of one scenario at a time. */
const LOOPS = 3;
/** The scenarios see to it that not all wait for an event, a latch …: by numbers that fit so many. */
const FEWEST_THREADS = 8;
/** If nobody makes a step for so long, everything is stuck. */
const SILENCE_MS = 90_000;
/** Shared memory may vary by as much. */
const GROWTH_MIB = 16;

/** What each of the threads does. */
export const mix = task(
  import.meta,
  function mix(
    shared: Array<{ name: string; objects: object }>,
    stop: Event,
    steps: AtomicCounter,
    ready: CountDownLatch,
    seed: number,
  ): void {
    const random = randomFrom(seed);
    const chosen = shared.map(({ name, objects }) => ({ scenario: byName(name), objects }));
    ready.countDown();
    ready.wait();
    while (!stop.isSet) {
      const { scenario, objects } = chosen[random(chosen.length)]!;
      scenario.step(objects, random);
      steps.increment();
    }
  },
);

/** Kills the process when it has fallen silent, also if the event loop of the main thread has. */
export const watch = task(import.meta, function watch(steps: AtomicCounter, over: Event): void {
  let [seen, since] = [-1, performance.now()];
  while (!over.wait({ timeout: 1000 })) {
    const now = performance.now();
    if (steps.value !== seen) [seen, since] = [steps.value, now];
    else if (now - since > SILENCE_MS) {
      process.stderr.write(`STUCK: no step for ${SILENCE_MS} ms\n`);
      process.kill(process.pid, 'SIGKILL');
    }
  }
});

function sharedMiB(): number {
  return Math.round((memoryUsage().used / 2 ** 20) * 10) / 10;
}

function byName(name: string): Scenario {
  const scenario = scenarios.find(each => each.name === name);
  if (scenario === undefined) throw new RangeError(`no scenario is called ${name}`);
  return scenario;
}

async function runLoop(
  scenario: Scenario,
  objects: object,
  stop: Event,
  steps: AtomicCounter,
  random: Random,
): Promise<void> {
  while (!stop.isSet) {
    await scenario.stepAsync(objects, random);
    steps.increment();
    await new Promise(resolve => setImmediate(resolve));
  }
}

async function killAgainAndAgain(
  stop: Event,
  random: Random,
  count: { rounds: number; steps: number },
): Promise<void> {
  while (!stop.isSet) {
    if (count.rounds % 3 === 0) count.steps += await deathRound(random);
    else if (count.rounds % 3 === 1) count.steps += await poolDeathRound(random);
    else await anyDeath(random);
    count.rounds += 1;
  }
}

main(import.meta, async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      threads: { type: 'string', default: '8' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string', default: '' },
      deaths: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  setExceptHook(args => {
    if (!isOnPurpose(args.error)) defaultExceptHook(args);
  });
  if (Number(values.threads) < FEWEST_THREADS) {
    throw new RangeError(
      `--threads must be at least ${FEWEST_THREADS}, got ${values.threads}: fewer can all wait for what only one of them would do`,
    );
  }
  const chosen = values.only === '' ? scenarios : values.only.split(',').map(byName);
  const random = randomFrom(Number(values.seed) + 1);
  const shared = chosen.map(scenario => ({ name: scenario.name, objects: scenario.create() }));
  const [stop, over, steps] = [new Event(), new Event(), new AtomicCounter()];
  const ready = new CountDownLatch(Number(values.threads));
  console.log(
    `seed ${values.seed}, ${values.threads} threads, ${values.minutes} minutes: ${chosen.map(each => each.name).join(', ')}`,
  );

  const watcher = new Thread(watch, { args: [steps, over], daemon: true }).start();
  const threads = Array.from({ length: Number(values.threads) }, () =>
    new Thread(mix, { args: [shared, stop, steps, ready, 1 + random(1_000_000_000)] }).start(),
  );
  // On a busy machine it takes a while until all workers have come up; what waits for them meanwhile isn't stuck.
  await ready.waitAsync();
  const began = performance.now();
  const memory = { early: 0, late: 0 };
  const deaths = { rounds: 0, steps: 0 };
  const failures: unknown[] = [];
  const guarded = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      failures.push(error);
      stop.set();
    }
  };
  const work: Array<Promise<unknown>> = threads.map(thread => guarded(thread.resultAsync()));
  for (const [index, scenario] of chosen.entries()) {
    for (let loop = 0; loop < LOOPS; loop++) {
      work.push(guarded(runLoop(scenario, shared[index]!.objects, stop, steps, random)));
    }
  }
  if (values.deaths) work.push(guarded(killAgainAndAgain(stop, random, deaths)));

  const check = (isOver: boolean): void => {
    for (const [index, scenario] of chosen.entries()) scenario.check(shared[index]!.objects, isOver);
  };
  const progress = (): void => {
    const figures = chosen.map(
      (scenario, index) => `${scenario.name} ${scenario.figures(shared[index]!.objects)}`,
    );
    const seconds = Math.round((performance.now() - began) / 1000);
    const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(
      `${seconds} s  ${steps.value} steps, ${deaths.rounds} deaths survived, ${megabytes} MB  ${figures.join('  ')}`,
    );
  };
  const checking = setInterval(() => void guarded(Promise.resolve().then(() => check(false))), 100);
  const printing = setInterval(progress, PROGRESS_MS);
  // Once everything has been used: from here on, as much is given back as is taken.
  setTimeout(
    () => void (memory.early = sharedMiB()),
    Math.min(30_000, Number(values.minutes) * 20_000),
  ).unref();
  const ending = setTimeout(() => stop.set(), Number(values.minutes) * 60_000);
  await stop.waitAsync();
  clearTimeout(ending);
  const lettingGo = setInterval(() => {
    for (const [index, scenario] of chosen.entries()) scenario.letGo?.(shared[index]!.objects);
  }, 5);
  const settled = await Promise.race([
    Promise.all(work).then(() => true),
    new Promise<boolean>(resolve => void setTimeout(() => resolve(false), 60_000).unref()),
  ]);
  for (const timer of [lettingGo, checking, printing]) clearInterval(timer);
  progress();
  over.set();
  if (!settled) failures.push(new Error('somebody never ended'));
  else if (failures.length === 0) {
    await guarded(Promise.resolve().then(() => check(true)));
    if (pendingWaits() !== 0) failures.push(new Error(`${pendingWaits()} promises are pending`));
  }
  // What finalizers return comes when it comes: asked for where the program may ask (`--expose-gc`).
  const collect = (globalThis as { gc?: () => void }).gc;
  for (let round = 0; round < 5; round++) {
    collect?.();
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  memory.late = sharedMiB();
  console.log(`shared memory: ${memory.early} MiB early on, ${memory.late} MiB in the end`);
  if (collect !== undefined && memory.late > 2 * memory.early + GROWTH_MIB)
    failures.push(
      new Error(`shared memory was not given back: ${memory.early} MiB became ${memory.late} MiB`),
    );
  await watcher.joinAsync({ timeout: 5000 });
  for (const failure of failures) console.error('VIOLATION:', failure);
  console.log(
    failures.length === 0 ? 'all invariants hold' : `${failures.length} violations, seed ${values.seed}`,
  );
  process.exit(failures.length === 0 ? 0 : settled ? 1 : 2);
});
