/**
 * Numbers told to actors on threads that die now and then, in turn by `process.exit()` and by `terminate()`: each is heard, once and in order, or is a dead letter. A thread that is terminated may take
 * along, uncounted, the number that each of its actors had begun and the one it was about to take.
 */
import { ActorSystem, Supervisor, supervisor } from '../../src/index.ts';
import type { Context } from '../../src/index.ts';
import { EXIT, relay } from './soak.fixture.ts';

const LANES = 8;
const KILL_EVERY_MS = 3000;
const BURST = 100;
const MOST_UNDER_WAY = 20_000;

export interface Accounts {
  readonly told: number;
  readonly heard: number;
  readonly counted: number;
  readonly exits: number;
  readonly terminations: number;
}

/** Goes on until `end`, by `performance.now()`. Rejects if something isn't as it should be. */
export async function keepAccounts(end: number): Promise<Accounts> {
  await using system = new ActorSystem({ threads: 2, name: 'accounts', report: () => {} });
  let counted = 0;
  system.deadLetters.subscribe(({ count = 1 }) => void (counted += count));
  let heard = 0;
  const last = new Array<number>(LANES).fill(-1);
  const sink = system.spawn((_context: Context<readonly [number, number]>) => ([lane, n]) => {
    if (n <= last[lane]!) throw new Error(`lane ${lane}: ${n} was heard after ${last[lane]}`);
    last[lane] = n;
    heard += 1;
  });
  const failed = sink.whenStopped();
  const children = Array.from({ length: LANES }, (_, lane) => ({
    id: `relay ${lane}`,
    start: relay,
    args: [lane, sink],
    options: { placement: { key: lane } },
  }));
  const sup = new Supervisor(
    system.spawn(supervisor({ children, intensity: 1_000_000, period: 1000 }), { name: 'sup' }),
  );
  const refs = await Promise.all(children.map(async ({ id }) => (await sup.child(relay, id))!));
  const kills = { exits: 0, terminations: 0 };
  let told = 0;
  let n = 0;
  let nextKill = performance.now() + KILL_EVERY_MS;
  const lost = (): number => told - heard - counted;
  while (performance.now() < end) {
    for (let burst = 0; burst < BURST; burst++, n++) for (const ref of refs) ref.tell(n);
    told += BURST * LANES;
    await new Promise(resolve => setTimeout(resolve, 2));
    while (lost() > MOST_UNDER_WAY && performance.now() < end)
      await new Promise(resolve => setTimeout(resolve, 5));
    if (performance.now() < nextKill) continue;
    nextKill = performance.now() + KILL_EVERY_MS;
    const all = kills.exits + kills.terminations;
    if (all % 2 === 0) {
      refs[all % LANES]!.tell(EXIT);
      kills.exits += 1;
    } else {
      system.threads.threads[all % 3 === 0 ? 0 : 1]!.terminate();
      kills.terminations += 1;
    }
  }
  // Each lane has handled all that it gets when it answers behind it; those of a thread that has just died answer from the next.
  const most = kills.terminations * (LANES + 1) + kills.exits * LANES;
  for (let waited = 0; lost() > most && waited < 60_000; waited += 100)
    await new Promise(resolve => setTimeout(resolve, 100));
  await new Promise(resolve => setTimeout(resolve, 2000));
  if (!sink.alive) throw new Error(`accounts: ${JSON.stringify(await failed)}`);
  if (lost() < 0 || lost() > most) {
    throw new Error(
      `accounts: ${told} told, ${heard} heard, ${counted} counted as dead: ${lost()} are missing, at most ${most} may`,
    );
  }
  return { told, heard, counted, ...kills };
}
