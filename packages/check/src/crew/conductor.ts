/**
 * Entry of the worker that conducts: makes a fresh state, starts each schedule, waits for its end and judges it. It sleeps while the threads
 * run; they choose among themselves.
 */
import '../instrument/real.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { joinControl } from '../control/words.ts';
import { instrumentAtomics } from '../instrument/atomics.ts';
import { instrumentClocks } from '../instrument/time.ts';
import { loadScenario } from '../scenario.ts';
import { exhaust } from '../search/exhaustive.ts';
import { planFor } from '../search/plan.ts';
import type { ConductorSeed, Reply, Request } from './messages.ts';
import { Stage } from './stage.ts';

const seed = (workerData as { check: ConductorSeed }).check;
joinControl(seed.control, seed.limit);
instrumentAtomics();
instrumentClocks();

const stage = new Stage(await loadScenario(seed.url, seed.ordinal), seed);
await stage.open();

/** Steps of a schedule without preemption: what the strategies take for a schedule's length. */
let length = 0;

async function warmUp(lines: boolean): Promise<Reply | undefined> {
  if (length > 0) return undefined;
  const reply: { schedules: number; steps: number; longest: number } = { schedules: 0, steps: 0, longest: 0 };
  // Once in each order: finds what fails without any preemption, and lets the modules come to rest.
  for (let first = 0; first < seed.threads; first++) {
    const segments = Array.from(
      { length: seed.threads },
      (_, n) => [(first + n) % seed.threads, seed.limit] as const,
    );
    const ran = await stage.play({ strategy: 'steady', seed: 0, segments, lines });
    reply.schedules++;
    reply.steps += ran.steps;
    reply.longest = Math.max(reply.longest, ran.steps);
    if (ran.failure !== undefined) return { ...reply, failure: ran.failure };
  }
  length = reply.longest;
  return undefined;
}

async function batch(request: Extract<Request, { kind: 'batch' }>): Promise<Reply> {
  const reply = { schedules: 0, steps: 0, longest: 0 };
  for (let n = 0; n < request.count; n++) {
    const plan = planFor(
      request.strategy,
      request.seed + n,
      length,
      seed.threads,
      request.depth,
      request.faults,
    );
    const ran = await stage.play({ ...plan, lines: request.lines === true && n === request.count - 1 });
    reply.schedules++;
    reply.steps += ran.steps;
    reply.longest = Math.max(reply.longest, ran.steps);
    if (ran.failure !== undefined) return { ...reply, failure: ran.failure };
  }
  return reply;
}

async function serve(request: Request): Promise<Reply> {
  stage.around = request.plain;
  const failed = await warmUp(request.kind === 'one' && request.plan.lines === true);
  if (failed !== undefined) return failed;
  if (request.kind === 'batch') return batch(request);
  if (request.kind === 'exhaustive') return exhaust(stage, request);
  const ran = await stage.play(request.plan);
  return {
    schedules: 1,
    steps: ran.steps,
    longest: ran.steps,
    failure: ran.failure,
    segments: ran.segments(),
    diverged: ran.diverged,
  };
}

parentPort!.on('message', (request: Request) => {
  serve(request).then(
    reply => parentPort!.postMessage({ reply }),
    error => parentPort!.postMessage({ error }),
  );
});
parentPort!.postMessage('open');
