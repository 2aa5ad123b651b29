/**
 * Actors: what a message costs on one thread and a question across two, and what it costs to start an actor. nact is an actor library for
 * JavaScript on one thread; comlink calls methods of an object in a worker over `postMessage`.
 */
/* oxlint-disable typescript/no-generated-empty-object-type -- to TypeScript nact's refs are empty objects */
import { ActorSystem, actor } from '@heddle/actors';
import type { ActorRef, Context, Reply } from '@heddle/actors';
import { expose, wrap } from 'comlink';
import type { Endpoint } from 'comlink';
import { dispatch, spawnStateless, start as startNact } from 'nact';
import type { Ref as NactRef } from 'nact';
import { parentPort } from 'node:worker_threads';
import { TIME, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';
import { startWorker } from './worker.ts';

/** So many messages are told before the teller lets the actor run, as a busy program does. */
const BATCH = 1000;

interface Add {
  readonly type: 'add';
  readonly n: number;
}

/** Tells in batches, and is told when a batch has been handled. */
async function inBatches(
  messages: number,
  tell: (message: Add) => void,
  handled: () => Promise<void>,
): Promise<void> {
  for (let sent = 0; sent < messages;) {
    const end = Math.min(messages, sent + BATCH);
    for (; sent < end; sent++) tell({ type: 'add', n: 1 });
    await handled();
  }
}

/** A counter that says when it has counted a batch. */
class Batches {
  count = 0;
  #target = 0;
  #resolve: (() => void) | undefined;

  add(n: number): void {
    this.count += n;
    if (this.count === this.#target) this.#resolve?.();
  }

  reached(target: number): Promise<void> {
    this.#target = target;
    return this.count === target ? Promise.resolve() : new Promise(resolve => (this.#resolve = resolve));
  }
}

function tellHeddle(): Round {
  const system = new ActorSystem({ threads: 0 });
  const batches = new Batches();
  const ref = system.spawn((_context: Context<Add>) => (message: Add) => batches.add(message.n));
  return messages => countBatches(messages, batches, message => ref.tell(message));
}

function tellNact(): Round {
  const system = startNact();
  const batches = new Batches();
  const ref: NactRef<Add> = spawnStateless(system, (message: Add) => batches.add(message.n), 'counter');
  return messages => countBatches(messages, batches, message => dispatch(ref, message));
}

function countBatches(messages: number, batches: Batches, tell: (message: Add) => void) {
  return timedAsync(async () => {
    batches.count = 0;
    let sent = 0;
    await inBatches(messages, tell, () => batches.reached((sent = Math.min(messages, sent + BATCH))));
    return batches.count;
  });
}

interface Ball {
  readonly left: number;
}

function pingPongHeddle(): Round {
  const system = new ActorSystem({ threads: 0 });
  return messages =>
    timedAsync(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let handled = 0;
      const player =
        (other: () => ActorRef<Ball>) =>
        (_context: Context<Ball>) =>
        ({ left }: Ball) => {
          handled += 1;
          if (left === 1) resolve();
          else other().tell({ left: left - 1 });
        };
      const ping: ActorRef<Ball> = system.spawn(player(() => pong));
      const pong: ActorRef<Ball> = system.spawn(player(() => ping));
      ping.tell({ left: messages });
      await promise;
      for (const ref of [ping, pong]) system.exit(ref, { type: 'shutdown' });
      return handled;
    });
}

function pingPongNact(): Round {
  const system = startNact();
  let round = 0;
  return messages =>
    timedAsync(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let handled = 0;
      round += 1;
      const player = (other: () => NactRef<Ball>, name: string): NactRef<Ball> =>
        spawnStateless(
          system,
          ({ left }: Ball) => {
            handled += 1;
            if (left === 1) resolve();
            else dispatch(other(), { left: left - 1 });
          },
          `${name}${round}`,
        );
      const ping = player(() => pong, 'ping');
      const pong = player(() => ping, 'pong');
      dispatch(ping, { left: messages });
      await promise;
      return handled;
    });
}

function spawnHeddle(): Round {
  return actors =>
    timedAsync(async () => {
      const system = new ActorSystem({ threads: 0 });
      const { promise, resolve } = Promise.withResolvers<void>();
      let handled = 0;
      const setup = (_context: Context<number>) => (n: number) => {
        handled += n;
        if (handled === actors) resolve();
      };
      for (let n = 0; n < actors; n++) system.spawn(setup).tell(1);
      await promise;
      return handled;
    });
}

function spawnNact(): Round {
  return actors =>
    timedAsync(async () => {
      const system = startNact();
      const { promise, resolve } = Promise.withResolvers<void>();
      let handled = 0;
      const receive = (n: number): void => {
        handled += n;
        if (handled === actors) resolve();
      };
      for (let n = 0; n < actors; n++) dispatch(spawnStateless(system, receive, String(n)), 1);
      await promise;
      return handled;
    });
}

interface Square {
  readonly type: 'square';
  readonly n: number;
  readonly reply: Reply<number>;
}

export const squarer = actor(import.meta, function squarer(_context: Context<Square>) {
  return ({ n, reply }: Square) => reply.tell(n * n);
});

function askHeddle(): Round {
  const system = new ActorSystem({ threads: 1 });
  const ref = system.spawn(squarer, { placement: 'leastLoaded' });
  return asks => sumOfSquares(asks, n => ref.ask({ type: 'square', n }));
}

/** A port of Node's as comlink wants it. Its own adapter is the same with another signature. */
function endpoint(port: {
  postMessage(message: unknown, transfer?: readonly never[]): void;
  on(type: 'message', listener: (data: unknown) => void): unknown;
}): Endpoint {
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer as never[] | undefined),
    addEventListener: (_type, listener) =>
      void port.on('message', data => (listener as unknown as (event: { data: unknown }) => void)({ data })),
    removeEventListener() {},
  };
}

export function exposeSquare(): void {
  expose({ square: (n: number) => n * n }, endpoint(parentPort!));
}

function askComlink(): Round {
  const worker = startWorker(import.meta, exposeSquare, undefined);
  const remote = wrap<{ square(n: number): number }>(endpoint(worker));
  return asks => sumOfSquares(asks, n => remote.square(n));
}

interface ComedyActor {
  createChild(definition: object, options: object): Promise<ComedyActor>;
  sendAndReceive(topic: string, value: number): Promise<number>;
}

/** comedy's actor in a thread of its own. */
async function askComedy(): Promise<Round> {
  const { default: createSystem } = (await import('comedy')) as unknown as {
    default: (options: object) => { rootActor(): Promise<ComedyActor> };
  };
  const silent = Object.fromEntries(['error', 'warn', 'info', 'debug'].map(level => [level, () => {}]));
  const root = await createSystem({ test: true, log: silent }).rootActor();
  const remote = await root.createChild({ square: (n: number) => n * n }, { mode: 'threaded' });
  return asks => sumOfSquares(asks, n => remote.sendAndReceive('square', n));
}

function sumOfSquares(asks: number, square: (n: number) => Promise<number>) {
  return timedAsync(async () => {
    let sum = 0;
    for (let n = 0; n < asks; n++) sum += await square(n % 100);
    return sum;
  });
}

function expectedSum(asks: number): number {
  let sum = 0;
  for (let n = 0; n < asks; n++) sum += (n % 100) ** 2;
  return sum;
}

export default {
  tell: {
    operation: 'telling an actor of the same thread, in batches of 1000',
    operations: 1_000_000,
    expected: messages => messages,
    sides: { tell: tellHeddle, nact: tellNact },
    rows: [{ what: 'one message', ours: 'tell', against: 'nact', bar: { atLeast: 10 } }],
  },
  pingPong: {
    operation: 'a message to an actor of the same thread, which answers with one',
    operations: 500_000,
    expected: messages => messages,
    sides: { tell: pingPongHeddle, nact: pingPongNact },
    rows: [{ what: 'a message and an answer', ours: 'tell', against: 'nact', bar: TIME }],
  },
  spawn: {
    operation: 'starting an actor, and its first message',
    operations: 50_000,
    expected: actors => actors,
    sides: { spawn: spawnHeddle, nact: spawnNact },
    rows: [{ what: 'one actor', ours: 'spawn', against: 'nact', bar: TIME }],
  },
  ask: {
    operation: 'a question to another thread and its answer, one at a time',
    operations: 5000,
    expected: expectedSum,
    sides: { ask: askHeddle, comlink: askComlink, comedy: askComedy },
    rows: [
      { what: 'one question', ours: 'ask', against: 'comlink', bar: { atMost: 0.5 } },
      { what: 'one question', ours: 'ask', against: 'comedy', bar: { atMost: 0.1 } },
    ],
  },
} satisfies Subject;
