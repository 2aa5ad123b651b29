/**
 * Threads that are killed while they use pools, and pools whose workers are killed, at any instruction. What must hold: each future of the living settles, the
 * pools come to their end, and as many tasks have settled as were accepted.
 */
import { AtomicCounter, Event, Thread, ThreadPoolExecutor } from '../../src/index.ts';
import { double, usePools } from './pool-tasks.fixture.ts';
import { demand, type Random } from './scenario.ts';

const MINE = 40;

/** Two victims, a survivor, and the promises of this thread; returns how many steps the survivor made. */
export async function poolDeathRound(random: Random): Promise<number> {
  const pools = [
    new ThreadPoolExecutor({ maxWorkers: 2 }),
    new ThreadPoolExecutor({ maxWorkers: 1, maxPending: 3 }),
  ];
  const [running, accepted, stop] = [new AtomicCounter(), new AtomicCounter(), new Event()];
  const start = (): Thread =>
    new Thread(usePools, { args: [pools, running, accepted, stop, 1 + random(1_000_000)] }).start();
  const victims = [start(), start()];
  const survivor = start();
  for (const end = performance.now() + 20_000; running.value < 3;) {
    demand(performance.now() < end, 'a thread did not start');
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  const mine = Array.from({ length: MINE }, async (_, n) => {
    const { future } = await pools[n % 2]!.submitAsync(double, n);
    accepted.increment();
    const result = await future;
    demand(result === 2 * n, `twice ${n} is ${result}`);
  });
  await new Promise(resolve => setTimeout(resolve, random(20)));
  for (const victim of victims) victim.terminate();
  for (const victim of victims)
    demand(await victim.joinAsync({ timeout: 20_000 }), 'a killed thread never ended');
  await within(Promise.all(mine), 'a promise of the main thread never settled');
  stop.set();
  demand(await survivor.joinAsync({ timeout: 20_000 }), 'the survivor is stuck');
  const steps = survivor.result() as number;
  // Half the time the workers are killed as well.
  const killed = random(2) === 0;
  if (killed) for (const pool of pools) pool.terminateWorkers();
  for (const pool of pools) await endInOrder(pool, killed);
  const settled = pools.reduce((sum, pool) => sum + pool.completed + pool.failed + pool.cancelled, 0);
  // A victim may die between the pool's accepting a task and its counting it; a worker between counting a task and settling it.
  const most = accepted.value + victims.length + pools.reduce((sum, pool) => sum + pool.died, 0);
  demand(settled >= accepted.value && settled <= most, `${settled} tasks have settled, of ${accepted.value}`);
  for (const pool of pools) pool.dispose();
  return steps;
}

async function within(promise: Promise<unknown>, what: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<true>(resolve => (timer = setTimeout(() => resolve(true), 20_000)));
  const isLate = (await Promise.race([promise, late])) === true;
  clearTimeout(timer);
  demand(!isLate, what);
}

async function endInOrder(pool: ThreadPoolExecutor, killed: boolean): Promise<void> {
  await pool.shutdownAsync({ timeout: 20_000 });
  demand(pool.workers === 0, `${pool.workers} workers never left`);
  demand(pool.pending === 0 && pool.unfinished === 0, `${pool.unfinished} tasks are unfinished`);
  demand(killed || pool.died === 0, `${pool.died} workers died of nothing`);
}
