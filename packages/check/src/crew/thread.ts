/**
 * Entry of a worker in which one thread of the scenario runs, schedule after schedule: puts the instruments in place, and only then loads
 * the scenario's module and with it the code under test.
 */
import '../instrument/real.ts';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openGate, passGate } from '../control/gate.ts';
import { setEnds } from '../control/death.ts';
import { CutOff, isCutOff, leave, setMe } from '../control/kernel.ts';
import { HEADER, KILLED, OUTCOME, STATE, THREAD } from '../control/layout.ts';
import { nextState } from '../control/random.ts';
import { joinControl, threadAt, words } from '../control/words.ts';
import { ignoreTimeouts, instrumentAtomics } from '../instrument/atomics.ts';
import { keepPrivate, numberBuffers } from '../instrument/buffers.ts';
import { deliverLeftovers, forgetTimers, instrumentTimers, turn } from '../instrument/event-loop.ts';
import { takeLines } from '../instrument/lines.ts';
import * as real from '../instrument/real.ts';
import { finalizeNow, instrumentFinalization } from '../instrument/finalization.ts';
import { instrumentClocks, resetClock } from '../instrument/time.ts';
import { loadScenario } from '../scenario.ts';
import type { ThreadInfo } from '../scenario.ts';
import { portable } from './messages.ts';
import type { FromThread, ThreadSeed, ToThread } from './messages.ts';

const { control, limit, url, ordinal, index, port } = (workerData as { check: ThreadSeed }).check;
joinControl(control, limit);
keepPrivate(index);
instrumentAtomics();
instrumentTimers();
instrumentFinalization();
instrumentClocks();

let random = 1;
Math.random = () => {
  random = nextState(random);
  return (random >>> 0) / 2 ** 32;
};

const definition = await loadScenario(url, ordinal);
ignoreTimeouts(definition.ignoreTimeouts ?? []);
const work = definition.threads[index % definition.threads.length]!;
let info: ThreadInfo = { index, ends: new Int32Array(new SharedArrayBuffer(4)) };
let world: unknown;
let schedule = 0;

/** Set when something failed that isn't on the stack of the thread's function. */
let loose: { readonly error: unknown } | undefined;

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    if (!(error instanceof CutOff)) loose ??= { error };
  });
}

/** Does what the conductor says between schedules, and runs the schedule when the gate opens without a message: the thread is chosen for the first time. */
function live(): void {
  for (;;) {
    passGate(threadAt(index) + THREAD.gate);
    const received = receiveMessageOnPort(port) as { message: ToThread } | undefined;
    if (received === undefined) {
      if (!begin()) return;
      continue;
    }
    const { message } = received;
    if ('tidy' in message) {
      real.setImmediate(tidy);
      return;
    }
    if ('world' in message) {
      world = message.world;
      definition.world?.join(world, info);
    } else {
      prepare(message);
    }
    heard();
  }
}

/** The event loop has turned, and no schedule runs: now finalizers may. */
function tidy(): void {
  finalizeNow();
  heard();
  live();
}

function heard(): void {
  words[threadAt(index) + THREAD.heard] = 1;
  openGate(HEADER.conductorGate);
}

let state: unknown;

/**
 * Receives what the thread works on in the next schedule, before that begins: what a scenario does to receive isn't under control, so if it had to wait for a
 * thread that is under control, for a lock that this one holds, it would wait for ever.
 */
function prepare(message: Extract<ToThread, { state: unknown }>): void {
  ({ schedule, random } = message);
  const { ends } = message;
  setEnds(ends);
  info = { index, ends };
  resetClock();
  loose = undefined;
  numberBuffers([world, message.state, { ends }]);
  try {
    state =
      definition.receive === undefined ? message.state : definition.receive(message.state as never, info);
  } catch (error) {
    loose = { error };
  }
}

/** Runs the thread's function; returns false if it goes on in the event loop, which then comes back to `live`. */
function begin(): boolean {
  setMe(index);
  if (loose !== undefined) {
    fail(loose.error);
    return true;
  }
  words[threadAt(index) + THREAD.state] = STATE.ready;
  if (deliverLeftovers()) {
    // Their promises' reactions come first.
    real.setImmediate(() => {
      if (run()) real.setImmediate(live);
    });
    return false;
  }
  return run();
}

function run(): boolean {
  try {
    const value = work(state, info);
    if (isThenable(value)) {
      loop(value);
      return false;
    }
    succeed(value);
  } catch (error) {
    fail(error);
  }
  return true;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Turns the event loop until the promise has settled; each turn lets the platform run the microtasks. */
function loop(promise: PromiseLike<unknown>): void {
  let settle: (() => void) | undefined;
  promise.then(
    value => (settle = () => succeed(value)),
    error => (settle = () => fail(error)),
  );
  const again = (): void => {
    if (settle !== undefined || loose !== undefined) {
      if (loose === undefined) settle!();
      else fail(loose.error);
      live();
      return;
    }
    try {
      turn();
    } catch (error) {
      fail(error);
      live();
      return;
    }
    real.setImmediate(again);
  };
  real.setImmediate(again);
}

function succeed(value: unknown): void {
  end(OUTCOME.running, value === undefined ? {} : { value });
}

function fail(error: unknown): void {
  end(OUTCOME.error, error instanceof CutOff ? {} : { error: portable(error) });
}

function end(outcome: number, what: Omit<FromThread, 'schedule' | 'lines'>): void {
  forgetTimers();
  const lines = takeLines();
  if (lines.length > 0 || Object.keys(what).length > 0) post({ ...what, schedule, lines });
  if (isCutOff()) {
    setMe(-1);
    words[threadAt(index) + THREAD.state] = STATE.finished;
    words[threadAt(index) + THREAD.killed] = KILLED.no;
    openGate(HEADER.conductorGate);
    return;
  }
  leave(outcome);
  setMe(-1);
}

function post(message: FromThread): void {
  try {
    port.postMessage(message);
  } catch (error) {
    const { value: _, ...rest } = message;
    port.postMessage({ ...rest, error: portable(error) });
  }
  words[threadAt(index) + THREAD.posted] = 1;
}

port.postMessage('ready');
openGate(HEADER.conductorGate);
live();
