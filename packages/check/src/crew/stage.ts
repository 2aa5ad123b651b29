/** Plays one schedule: sets the words, sends the state, hands the baton to whoever is chosen first, and judges how it ended. */
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { choose } from '../control/choose.ts';
import { setEnds } from '../control/death.ts';
import { openGate, passGate } from '../control/gate.ts';
import { activate } from '../control/kernel.ts';
import {
  CHANGE_POINTS,
  HEADER,
  KILLED,
  KILL_POINTS,
  MAXIMUM_THREADS,
  OUTCOME,
  ROW,
  SEGMENT,
  SEGMENTS,
  STATE,
  STRATEGY,
  THREAD,
  TIMER,
  TIMES,
  TIME_POINTS,
  WAITER,
  WAITERS,
} from '../control/layout.ts';
import { waitersNow } from '../control/waiters.ts';
import { rowAt, threadAt, times, words } from '../control/words.ts';
import { numberBuffers } from '../instrument/buffers.ts';
import type { Line } from '../instrument/lines.ts';
import { START_MS } from '../instrument/time.ts';
import type { ScenarioDefinition } from '../scenario.ts';
import type { Tuning } from '../search/plan.ts';
import type {
  ConductorSeed,
  FailureKind,
  FromThread,
  Plan,
  PortableError,
  RawFailure,
  Segment,
  Stand,
  ThreadSeed,
  ToThread,
} from './messages.ts';
import { letter } from '../trace.ts';
import { portable } from './messages.ts';
import { Places } from './places.ts';

/** How long a thread may run without an atomic step before it counts as stuck: real time, if the process used half of it. */
const STUCK_MS = 4000;
/** On a busy machine a thread may get no core for seconds. So many times longer, and it counts as stuck without having run. */
const STUCK_SLICES = 10;
/** How long a thread may take to come out of its code after the schedule was cut off. */
const UNWIND_MS = 1000;
/** How often, and how long, the conductor waits for a worker to come up; by counting, since its clock stands still. */
const BOOT_SLICES = 300;
const BOOT_SLICE_MS = 100;

/** High enough that a spin loop with a bound (Heddle's longest has 240 steps) runs into its bound, as it does in reality. */
const SPIN_STEPS = 300;
/** An exhaustive search branches at every step of a spin, so it gives up on them sooner. */
const EXHAUSTIVE_SPIN_STEPS = 16;

const TIDY_EVERY = 64;

/** How a schedule went. */
export interface Played {
  readonly steps: number;
  readonly failure: RawFailure | undefined;
  readonly diverged: boolean;
  segments(): Segment[];
}

interface Ended {
  results: unknown[];
  errors: Map<number, PortableError>;
  lines: Map<number, string>;
}

/** The side of the conductor on which schedules are played. */
export class Stage {
  /** Whether plain code between atomic steps is a step of its own. */
  around = true;
  readonly #definition: ScenarioDefinition<unknown>;
  readonly #seed: ConductorSeed;
  readonly #ports: MessagePort[];
  #world: unknown;
  #schedule = 0;

  constructor(definition: ScenarioDefinition<unknown>, seed: ConductorSeed) {
    this.#definition = definition;
    this.#seed = seed;
    this.#ports = [...seed.ports];
  }

  /** Waits for the threads to come up, and shares the world with them. Blocks. */
  async open(): Promise<void> {
    for (const port of this.#ports) {
      while (receiveMessageOnPort(port) === undefined) passGate(HEADER.conductorGate, 100);
    }
    if (this.#definition.world === undefined) return;
    const world = this.#definition.world.create();
    this.#world = world;
    for (const index of this.#ports.keys()) this.#tell(index, { world });
  }

  /**
   * Has a thread do what a message asks for, between schedules. Blocks until it has. That the conductor's gate opens says nothing by itself: a thread that was
   * slow to open it for an earlier reason may do so now.
   */
  #tell(index: number, message: ToThread): void {
    const thread = threadAt(index);
    words[thread + THREAD.heard] = 0;
    this.#ports[index]!.postMessage(message);
    openGate(thread + THREAD.gate);
    do passGate(HEADER.conductorGate);
    while (words[thread + THREAD.heard] === 0);
  }

  /**
   * Makes the killed threads' places ready for the next schedule, when this one has been judged. With `again`, a thread comes out of its code as from any
   * schedule that was cut off. Where threads share a world it could write into that on its way: then its worker ends, and another takes its place.
   */
  #bringBack(killed: readonly number[], again: boolean): void {
    for (const index of killed) {
      const thread = threadAt(index);
      words[HEADER.aborting] = 1;
      words[thread + THREAD.killed] = again ? KILLED.yes : KILLED.retiring;
      passGate(HEADER.conductorGate, 0);
      openGate(thread + THREAD.gate);
      while (words[thread + THREAD.killed] !== KILLED.no) {
        if (!passGate(HEADER.conductorGate, STUCK_MS))
          throw new Error(
            `check: thread ${letter(index)} was killed, and then its code went on all the same`,
          );
      }
      if (!again) this.#replace(index);
    }
  }

  /** Starts another worker for a thread, whose former one ends or has ended. Blocks until it has come up. */
  #replace(index: number): void {
    const { port1, port2 } = new MessageChannel();
    const { ports: _, ...seed } = this.#seed;
    this.#ports[index] = port1;
    const entry = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    const check = { ...seed, index, port: port2 } satisfies ThreadSeed;
    const worker = new Worker(new URL(entry, import.meta.url), {
      workerData: { check },
      transferList: [port2],
      name: 'check-thread',
    });
    worker.on('error', error => {
      throw error;
    });
    for (let slices = 0; receiveMessageOnPort(port1) === undefined; slices++) {
      if (slices > BOOT_SLICES) throw new Error('check: no worker came up for a thread that was killed');
      passGate(HEADER.conductorGate, BOOT_SLICE_MS);
    }
    this.#tell(index, { world: this.#world });
  }

  /** Lets the threads' event loops turn, one after the other, so that garbage is collected and finalized. Blocks. */
  #tidy(): void {
    for (const index of this.#ports.keys()) this.#tell(index, { tidy: true });
  }

  /** Plays one schedule to its end. */
  async play(plan: Plan & Partial<Tuning>): Promise<Played> {
    this.#schedule++;
    if (this.#schedule % TIDY_EVERY === 0) this.#tidy();
    const definition = this.#definition;
    const made = definition.setup();
    const state = made instanceof Promise ? await made : made;
    this.#reset(plan);
    const ends = new Int32Array(new SharedArrayBuffer((this.#seed.threads + 1) * 4));
    setEnds(ends);
    const sent = this.#ports.map((_, index) => {
      const message = definition.send === undefined ? state : definition.send(state, index);
      const random = (plan.seed * 31 + index + 1) | 1;
      this.#tell(index, { schedule: this.#schedule, state: message, random, ends });
      return message;
    });
    const found = numberBuffers([this.#world, sent[0], { ends }]);
    const first = choose();
    openGate(threadAt(activate(first)) + THREAD.gate);
    this.#awaitEnd();
    const outcome = words[HEADER.outcome]!;
    const steps = words[HEADER.step]!;
    const completed = outcome === OUTCOME.completed;
    const segments = (): Segment[] => segmentsOf(steps);
    const diverged = words[HEADER.diverged] === 1;
    const stands = completed ? [] : this.#stands(new Places(found, this.#named(state)));
    const killed = this.#killed();
    const unwound = completed || this.#unwind();
    // In a schedule that failed, the dead tell which lines they came by. Where threads share a world, none of them plays again then.
    if (!completed && unwound) this.#bringBack(killed, true);
    const ended = this.#collect();
    const [culprit, error] = [...ended.errors][0] ?? [];
    const fail = (kind: FailureKind, why: PortableError | undefined): Played => ({
      steps,
      diverged,
      segments,
      failure: this.#failure(plan, kind, why, stands, unwound, found, state, ended),
    });
    if (completed && error === undefined) {
      const wrong = await this.#judge(state, ended.results, killed, found);
      this.#bringBack(killed, wrong !== undefined || this.#definition.world === undefined);
      if (wrong === undefined) return { steps, failure: undefined, diverged, segments };
      for (const [step, line] of this.#collect().lines) ended.lines.set(step, line);
      return fail('wrong end', wrong);
    }
    words[HEADER.culprit] = culprit ?? words[HEADER.culprit]!;
    return fail(error === undefined ? kindOf(outcome, stands) : 'error', error);
  }

  #killed(): number[] {
    return Array.from(this.#ports.keys()).filter(
      index => words[threadAt(index) + THREAD.killed] !== KILLED.no,
    );
  }

  #reset(plan: Plan & Partial<Tuning>): void {
    const { threads, limit } = this.#seed;
    // Promises of earlier schedules may still wait.
    const { [HEADER.waiters]: waiters, [HEADER.ticket]: ticket } = words;
    words.fill(0, HEADER.step, HEADER.conductorGate);
    words[HEADER.waiters] = waiters!;
    words[HEADER.ticket] = ticket!;
    words[HEADER.limit] = limit;
    words[HEADER.strategy] = STRATEGY[plan.strategy];
    words[HEADER.random] = plan.random ?? 1;
    words[HEADER.stickiness] = plan.stickiness ?? 0;
    words[HEADER.threads] = threads;
    words[HEADER.alive] = threads;
    words[HEADER.last] = -1;
    words[HEADER.branchAt] = plan.branchAt ?? -1;
    words[HEADER.branchSleep] = plan.branchSleep ?? 0;
    words[HEADER.budget] = plan.budget ?? 0;
    words[HEADER.around] = this.around ? 1 : 0;
    words[HEADER.lines] = plan.lines === true ? 1 : 0;
    words[HEADER.spinSteps] = plan.branchAt === undefined ? SPIN_STEPS : EXHAUSTIVE_SPIN_STEPS;
    words[HEADER.culprit] = -1;
    for (let n = 0; n < CHANGE_POINTS; n++) words[HEADER.changePoints + n] = plan.changePoints?.[n] ?? -1;
    words[HEADER.killable] = plan.killable ?? -1;
    for (let n = 0; n < KILL_POINTS; n++) words[HEADER.killPoints + n] = plan.killPoints?.[n] ?? -1;
    for (let n = 0; n < TIME_POINTS; n++) words[HEADER.timePoints + n] = plan.timePoints?.[n] ?? -1;
    for (let n = 0; n < MAXIMUM_THREADS; n++) words[HEADER.priorities + n] = plan.priorities?.[n] ?? 0;
    times[TIMES.now] = START_MS;
    keepTickets();
    for (let index = 0; index < threads; index++) {
      const thread = threadAt(index);
      // Not the gate.
      words.fill(0, thread + THREAD.state, thread + THREAD.killed + 1);
      words[thread + THREAD.ready] = notifiedTickets(index);
      times[TIMES.deadline + index] = Infinity;
    }
    const segments = plan.segments ?? [];
    words[HEADER.segments] = segments.length;
    for (const [n, [candidate, count]] of segments.entries()) {
      words[SEGMENTS + n * SEGMENT.words + SEGMENT.candidate] = candidate;
      words[SEGMENTS + n * SEGMENT.words + SEGMENT.count] = count;
    }
    words[HEADER.segmentLeft] = segments[0]?.[1] ?? 0;
  }

  #awaitEnd(): void {
    let step = -1;
    let slices = 0;
    let used = process.cpuUsage();
    while (words[HEADER.outcome] === OUTCOME.running) {
      if (passGate(HEADER.conductorGate, STUCK_MS)) continue;
      if (step !== words[HEADER.step]) {
        step = words[HEADER.step]!;
        slices = 0;
        used = process.cpuUsage();
        continue;
      }
      const { user, system } = process.cpuUsage(used);
      slices += 1;
      if ((user + system) / 1000 < STUCK_MS / 2 && slices < STUCK_SLICES) continue;
      words[HEADER.outcome] = OUTCOME.stuck;
      words[HEADER.culprit] = words[HEADER.last]! & (TIMER - 1);
    }
  }

  /** Lets one thread after the other come out of its code; returns whether all did. */
  #unwind(): boolean {
    const { outcome } = HEADER;
    if (words[outcome] === OUTCOME.stuck || words[outcome] === OUTCOME.died) return false;
    words[HEADER.aborting] = 1;
    passGate(HEADER.conductorGate, 0);
    for (let index = 0; index < this.#seed.threads; index++) {
      const thread = threadAt(index);
      const state = words[thread + THREAD.state];
      if (state === STATE.finished || state === STATE.home) continue;
      openGate(thread + THREAD.gate);
      while (words[thread + THREAD.state] !== STATE.finished) {
        if (!passGate(HEADER.conductorGate, UNWIND_MS)) return false;
      }
    }
    return true;
  }

  #collect(): Ended {
    const ended: Ended = {
      results: Array.from({ length: this.#seed.threads }, () => undefined),
      errors: new Map(),
      lines: new Map(),
    };
    for (const [index, port] of this.#ports.entries()) {
      if (words[threadAt(index) + THREAD.posted] === 0) continue;
      for (;;) {
        const next = receiveMessageOnPort(port) as { message: FromThread } | undefined;
        if (next === undefined) break;
        const { schedule, value, error, lines } = next.message;
        if (schedule !== this.#schedule) continue;
        ended.results[index] = value;
        if (error !== undefined) ended.errors.set(index, error);
        for (const line of lines ?? ([] as Line[])) ended.lines.set(line.step, line.stack);
      }
    }
    return ended;
  }

  #named(state: unknown): ReturnType<NonNullable<ScenarioDefinition<unknown>['names']>> {
    return this.#definition.names?.(state) ?? {};
  }

  async #judge(
    state: unknown,
    results: unknown[],
    killed: readonly number[],
    found: ConstructorParameters<typeof Places>[0],
  ): Promise<PortableError | undefined> {
    if (this.#definition.finally === undefined) return undefined;
    const places = new Places(found, this.#named(state));
    const waiting = waitersNow().map(
      ({ thread, buffer, offset }) => `${letter(thread)} waits on ${places.name(buffer, offset, 4)}`,
    );
    try {
      const judge = this.#definition.finally.bind(this.#definition);
      const judged = judge(state, { results, waiting, killed });
      if (judged instanceof Promise) await judged;
      return undefined;
    } catch (error) {
      return portable(error);
    }
  }

  #stands(places: Places): Stand[] {
    const waiters = waitersNow();
    return Array.from({ length: this.#seed.threads }, (_, index) => {
      const thread = threadAt(index);
      const state = words[thread + THREAD.state];
      const doing =
        state === STATE.finished
          ? words[thread + THREAD.killed] === KILLED.no
            ? 'ended'
            : 'killed'
          : state === STATE.waiting
            ? 'asleep'
            : state === STATE.looping
              ? 'awaiting'
              : state === STATE.home
                ? 'not begun'
                : 'ready';
      const waits = waiters
        .filter(waiter => waiter.thread === index)
        .map(({ buffer, offset, ticket }) => ({
          place: places.name(buffer, offset, 4),
          ...(ticket === 0 ? { expected: words[thread + THREAD.expected]! } : {}),
          actual: places.value(buffer, offset),
        }));
      return { thread: index, doing, waits } satisfies Stand;
    });
  }

  #failure(
    plan: Plan,
    kind: FailureKind,
    error: PortableError | undefined,
    stands: Stand[],
    unwound: boolean,
    found: ConstructorParameters<typeof Places>[0],
    state: unknown,
    ended: Ended,
  ): RawFailure {
    const steps = words[HEADER.step]!;
    const places = new Places(found, this.#named(state));
    const rows =
      plan.lines !== true
        ? []
        : Array.from({ length: steps }, (_, step) => {
            const row = rowAt(step);
            const bytes = words[row + ROW.bytes]!;
            return {
              step,
              candidate: words[row + ROW.candidate]!,
              enabled: words[row + ROW.enabled]!,
              operation: words[row + ROW.operation]!,
              place: places.name(words[row + ROW.buffer]!, words[row + ROW.offset]!, Math.abs(bytes)),
              bytes,
              a: words[row + ROW.a]!,
              b: words[row + ROW.b]!,
              result: words[row + ROW.result]!,
              stack: ended.lines.get(step) ?? '',
            };
          });
    return {
      kind,
      thread: words[HEADER.culprit]!,
      error,
      seed: plan.seed,
      strategy: plan.strategy,
      segments: segmentsOf(steps),
      steps,
      stands,
      unwound,
      rows,
    };
  }
}

function kindOf(outcome: number, stands: readonly Stand[]): FailureKind {
  if (outcome === OUTCOME.livelock) return 'livelock';
  if (outcome === OUTCOME.stuck) return 'stuck';
  if (outcome === OUTCOME.died) return 'died';
  if (outcome === OUTCOME.error) return 'error';
  // Somebody sleeps although the word has changed, or although nobody is left: a wakeup never came. Otherwise they wait for each other.
  const asleep = stands.filter(stand => stand.doing !== 'ended' && stand.doing !== 'killed');
  const changed = asleep.some(stand =>
    stand.waits.some(
      ({ expected, actual }) => expected !== undefined && actual !== undefined && expected !== actual,
    ),
  );
  return changed || asleep.length === 1 ? 'lost wakeup' : 'deadlock';
}

/** The choices of the schedule that has just been played. */
function segmentsOf(steps: number): Segment[] {
  const segments: Array<[number, number]> = [];
  for (let step = 0; step < steps; step++) {
    const candidate = words[rowAt(step) + ROW.candidate]!;
    const last = segments.at(-1);
    if (last !== undefined && last[0] === candidate) last[1]++;
    else segments.push([candidate, 1]);
  }
  return segments;
}

/** What a cut-off schedule's blocked threads left in the list goes; promises may outlive a schedule that ended well, and stay. */
function keepTickets(): void {
  const entries: number[] = [];
  const count = words[HEADER.waiters]!;
  for (let n = 0; n < count; n++) {
    const entry = WAITERS + n * WAITER.words;
    if (words[entry + WAITER.ticket] !== 0) entries.push(...words.subarray(entry, entry + WAITER.words));
  }
  words.set(entries, WAITERS);
  words[HEADER.waiters] = entries.length / WAITER.words;
}

function notifiedTickets(thread: number): number {
  let count = 0;
  for (let n = 0; n < words[HEADER.waiters]!; n++) {
    const entry = WAITERS + n * WAITER.words;
    if (words[entry + WAITER.thread] === thread && words[entry + WAITER.notified] === 1) count++;
  }
  return count;
}
