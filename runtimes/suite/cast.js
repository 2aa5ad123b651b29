/** The actors of the scenarios in `actors.js`. No engine's own API in here: threads of all engines import this file. */
import { actor, dedicated, objectActor } from '@heddle/actors';
import { cron } from '@heddle/actors/cron';
import { currentThread } from '@heddle/core';
import { SOON } from './tasks.js';

/** Adds up, says where it is, passes on, and fails or takes its thread along when told to. */
export const adder = actor(import.meta, function adder(context, start) {
  let sum = start;
  return message => {
    if (message.type === 'add') sum += message.n;
    else if (message.type === 'sum') message.reply.tell(sum);
    else if (message.type === 'where') message.reply.tell([currentThread().name, context.path]);
    else if (message.type === 'relay') message.to.tell({ type: 'add', n: message.n });
    else if (message.type === 'fail') throw new RangeError(`as told, with ${sum}`);
    else if (message.type === 'die') endThisThread();
    else if (message.type === 'block') {
      message.told.set();
      message.enough.wait(SOON);
    }
  };
});

/** Ends the thread under its actors. A browser lets the running code go on until it returns to its event loop. */
function endThisThread() {
  if (typeof process === 'object' && typeof process.exit === 'function') process.exit(3);
  globalThis.close();
}

/** Tells `to` all numbers below `count`, in order, with its own number. */
export const counting = actor(import.meta, function counting(_context, from, count, to) {
  for (let n = 0; n < count; n++) to.tell({ from, n });
  return () => {};
});

/** Looks whether the numbers of each sender come in order, and says how many came. */
export const checking = actor(import.meta, function checking() {
  const next = new Map();
  let seen = 0;
  return message => {
    if (message.type === 'seen') {
      message.reply.tell(seen);
      return;
    }
    const expected = next.get(message.from) ?? 0;
    if (message.n !== expected) throw new RangeError(`${message.from}: ${message.n}, not ${expected}`);
    next.set(message.from, expected + 1);
    seen += 1;
  };
});

/** Tells of its end, and of what it handles, one after another. */
export const slow = actor(import.meta, function slow(context, sink, ms) {
  sink.tell(`${context.name} starts`);
  return {
    receive(n) {
      for (const end = performance.now() + ms; performance.now() < end;);
      sink.tell(`${context.name} ${n}`);
    },
    stopped: reason => sink.tell(`${context.name} ends: ${reason.type}`),
  };
});

/** Is busy until the event says stop; looks at it in shared memory. `told` is set when it is about to. */
export const obedient = actor(import.meta, function obedient(context, sink) {
  const { stopEvent } = context;
  return told => {
    told.set();
    while (!stopEvent.isSet);
    sink.tell('was busy, and stops');
  };
});

/** Waits for what never comes, as `fetch` would, until the signal says stop. */
export const waiting = actor(import.meta, function waiting(context, sink) {
  const { stopSignal } = context;
  return async told => {
    told.set();
    await new Promise(resolve => stopSignal.addEventListener('abort', resolve));
    sink.tell('was waiting, and stops');
  };
});

/** Says what its timers say. */
export const timed = actor(import.meta, function timed(context, sink) {
  context.timers.after('once', 20, 'once');
  context.timers.every('often', 5, 'often');
  context.timers.cron('each second', cron('* * * * * *'), 'cron');
  return message => sink.tell(message);
});

/** Has a thread to itself, blocks on its mailbox, and burns without end if told to. */
export const blocking = dedicated(import.meta, function blocking(context, start) {
  let sum = start;
  for (const message of context) {
    if (message.type === 'add') sum += message.n;
    else if (message.type === 'sum') message.reply.tell(sum);
    else if (message.type === 'fail') throw new RangeError('as told');
    else if (message.type === 'die') {
      endThisThread();
      return new Promise(() => {});
    } else if (message.type === 'burn') {
      message.told.set();
      // It ends its burning only where an engine can't end a loop (Deno).
      while (!message.enough.isSet);
    }
  }
  return undefined;
});

/** An object, to be called. */
export const account = objectActor(import.meta, function account(_context, start) {
  let balance = start;
  return {
    async withdraw(amount) {
      await Promise.resolve();
      if (amount > balance) throw new RangeError(`only ${balance} left`);
      return (balance -= amount);
    },
    each(amounts, done) {
      for (const amount of amounts) done((balance -= amount));
    },
  };
});

/** Burns in turns of `ms` milliseconds, with a message to itself after each, as fast as it is let; counts them. */
export const burning = actor(import.meta, function burning(context, ms) {
  let turns = 0;
  context.self.tell({ type: 'turn' });
  return message => {
    if (message.type === 'turns') {
      message.reply.tell(turns);
      return;
    }
    for (const end = performance.now() + ms; performance.now() < end;);
    turns += 1;
    context.self.tell({ type: 'turn' });
  };
});
