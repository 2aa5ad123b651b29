/** What actors must do on every engine: in one thread and on several, and when one of them or its thread dies. Each scenario runs in a process (or page) of its own. */
import { ActorSystem, Key, Supervisor, Topic, supervisor, wrap } from '@heddle/actors';
import { Event, enumerate, sleepAsync } from '@heddle/core';
import { proxy } from 'comlink';
import * as cast from './cast.js';
import { equal, fail, rejects, until } from './check.js';
import { SOON } from './tasks.js';

const all = [];
function scenario(name, run, more = {}) {
  all.push({ name: `actors: ${name}`, run: () => inSystem(run), ...more });
}

/** Gives `run` a system on two threads and what it reports, and stops the system: the process must then end by itself, and no thread be left. */
async function inSystem(run) {
  const reports = [];
  const system = new ActorSystem({ threads: 2, report: report => reports.push(report) });
  try {
    await run(system, reports);
  } catch (error) {
    // The failure is told even if stopping hangs.
    void system.stop();
    throw error;
  }
  await system.stop();
  await until(() => enumerate().every(({ name }) => !name.startsWith('actors-')), 'all threads have ended');
}

/** On each of the two threads. */
const onFirst = { placement: { key: 'a' } };
const onSecond = { placement: { key: 'b' } };

/** An actor here that keeps what it is told. */
function keep(system) {
  const kept = [];
  const ref = system.spawn(() => message => void kept.push(message), { name: `sink-${(sinks += 1)}` });
  return { ref, kept };
}
let sinks = 0;

/** A supervisor with one child, and that child's ref. */
async function supervised(system, spec, options = {}) {
  const parent = new Supervisor(
    system.spawn(supervisor({ ...options, children: [{ id: 'child', ...spec }] }), { name: 'parent' }),
  );
  return [await parent.child(spec.start, 'child'), parent];
}

/** Ends of what is watched. */
function watch(system, ref) {
  const ends = [];
  system.spawn(
    context => {
      context.watch(ref);
      return { receive() {}, signal: ({ reason }) => void ends.push(reason) };
    },
    { name: `watcher-${(sinks += 1)}` },
  );
  return ends;
}

scenario('tell and ask, here and on two threads, which run beside each other', async system => {
  const here = system.spawn(cast.adder, { args: [1], name: 'here' });
  const first = system.spawn(cast.adder, { args: [10], name: 'first', ...onFirst });
  const second = system.spawn(cast.adder, { args: [100], name: 'second', ...onSecond });
  const refs = [here, first, second];
  for (let n = 1; n <= 10; n++) for (const ref of refs) ref.tell({ type: 'add', n });
  equal(await Promise.all(refs.map(ref => ref.ask({ type: 'sum' }, SOON))), [56, 65, 155], 'sums');
  const [[main], [one, path], [two]] = await Promise.all(refs.map(ref => ref.ask({ type: 'where' }, SOON)));
  equal([main, path, one === two], ['MainThread', '/first', false], 'where they are');
  // From thread to thread, by refs in messages.
  first.tell({ type: 'relay', to: second, n: 1000 });
  second.tell({ type: 'relay', to: here, n: 2000 });
  await first.ask({ type: 'sum' }, SOON);
  await second.ask({ type: 'sum' }, SOON);
  equal(await second.ask({ type: 'sum' }, SOON), 1155, 'second');
  for (let sum = 56; sum !== 2056;) sum = await here.ask({ type: 'sum' }, SOON);
});

scenario(
  'what senders on two threads tell one actor arrives whole, and in each one’s order',
  async system => {
    const to = system.spawn(cast.checking, onFirst);
    for (let from = 0; from < 4; from++)
      system.spawn(cast.counting, { args: [from, 1000, to], ...(from % 2 ? onFirst : onSecond) });
    for (let seen = 0; seen !== 4000;) seen = await to.ask({ type: 'seen' }, SOON);
  },
);

scenario(
  'a crash: the supervisor restarts it under the same ref, on its thread; watchers are told',
  async (system, reports) => {
    const [ref] = await supervised(system, { start: cast.adder, args: [5], options: onFirst });
    const ends = watch(system, ref);
    await ref.ask({ type: 'sum' }, SOON);
    ref.tell({ type: 'fail' });
    ref.tell({ type: 'add', n: 1 });
    equal(await ref.ask({ type: 'sum' }, SOON), 6, 'fresh state, and what waited is handled');
    await until(() => ends.length === 1, 'the watcher was told');
    equal([ends[0].type, ends[0].error.message], ['error', 'as told, with 5'], 'the reason');
    const types = reports.map(({ type }) => type);
    if (!types.includes('restarted')) fail(`no restart among the reports: ${types}`);
  },
);

scenario('a budget that is used up ends the supervisor, and its actors with it', async system => {
  const [ref, parent] = await supervised(
    system,
    { start: cast.adder, args: [0], options: onSecond },
    { intensity: 1, period: 60_000 },
  );
  const ended = parent.ref.whenStopped(SOON);
  ref.tell({ type: 'fail' });
  ref.tell({ type: 'fail' });
  equal((await ended).type, 'shutdown', 'the supervisor’s end');
  await rejects(Error, '', ref.ask({ type: 'sum' }, SOON));
});

scenario(
  'a thread that ends under its actors: watchers hear it, another takes its place, the actor is back',
  async (system, reports) => {
    const [ref] = await supervised(system, { start: cast.adder, args: [7], options: onFirst });
    const other = system.spawn(cast.adder, { args: [0], name: 'other', ...onSecond });
    const ends = watch(system, ref);
    await ref.ask({ type: 'sum' }, SOON);
    ref.tell({ type: 'die' });
    await until(() => ends.length === 1, 'the watcher was told');
    equal(ends[0].type, 'threadDied', 'the reason');
    ref.tell({ type: 'add', n: 1 });
    equal(await ref.ask({ type: 'sum' }, SOON), 8, 'the next one');
    equal(await other.ask({ type: 'sum' }, SOON), 0, 'the other thread goes on');
    if (!reports.some(({ type }) => type === 'threadDied')) fail('the thread’s end was not reported');
  },
);

scenario(
  'a thread that is terminated while it blocks: the next one handles what was waiting',
  async system => {
    const [ref] = await supervised(system, { start: cast.adder, args: [7], options: onFirst });
    const [thread] = await ref.ask({ type: 'where' }, SOON);
    const ends = watch(system, ref);
    const told = new Event();
    ref.tell({ type: 'block', told, enough: new Event() });
    if (!(await told.waitAsync(SOON))) fail('it did not begin');
    for (let n = 0; n < 10; n++) ref.tell({ type: 'add', n: 1 });
    const asked = ref.ask({ type: 'sum' }, SOON);
    // What was told leaves at the end of this turn.
    await sleepAsync(0);
    enumerate()
      .find(({ name }) => name === thread)
      .terminate();
    equal(await asked, 17, 'what was waiting');
    await until(() => ends.length === 1, 'the watcher was told');
    equal(ends[0].type, 'threadDied', 'the reason');
  },
  {
    cannot: { Deno: 'the wait ends by an error, and the thread takes more messages before it ends' },
  },
);

scenario(
  'where termination ends a wait by an error, the actor fails by it, and is back on the next thread',
  async system => {
    // Two failures: the actor's, and the thread's under the next one.
    const [ref] = await supervised(
      system,
      { start: cast.adder, args: [7], options: onFirst },
      { intensity: 2 },
    );
    const [thread] = await ref.ask({ type: 'where' }, SOON);
    const ends = watch(system, ref);
    const told = new Event();
    ref.tell({ type: 'block', told, enough: new Event() });
    if (!(await told.waitAsync(SOON))) fail('it did not begin');
    enumerate()
      .find(({ name }) => name === thread)
      .terminate();
    await until(() => ends.length > 0, 'the watcher was told');
    // Until it is back the question is answered at once, by its absence.
    let sum;
    for (const end = performance.now() + SOON.timeout; sum === undefined && performance.now() < end;)
      sum = await ref.ask({ type: 'sum' }, SOON).catch(() => sleepAsync(5));
    equal(sum, 7, 'the next one');
  },
  { only: ['Deno'] },
);

scenario('stopping: the last started first, each handles what it had; its last words come', async system => {
  const { ref: sink, kept } = keep(system);
  const a = system.spawn(cast.slow, { args: [sink, 1], name: 'a', ...onFirst });
  const b = system.spawn(cast.slow, { args: [sink, 1], name: 'b', ...onSecond });
  await until(() => kept.length === 2, 'both run');
  for (let n = 0; n < 5; n++) for (const ref of [a, b]) ref.tell(n);
  await system.stop();
  const told = kept.slice(2);
  const each = name => told.filter(text => text.startsWith(name));
  for (const name of ['a', 'b'])
    equal(each(name), [...[0, 1, 2, 3, 4].map(n => `${name} ${n}`), `${name} ends: shutdown`], name);
  if (told.indexOf('b ends: shutdown') > told.indexOf('a ends: shutdown')) fail('a ended before b');
});

scenario(
  'stopping: a busy loop sees the event in shared memory, a wait for the network its signal',
  async (system, reports) => {
    const { ref: sink, kept } = keep(system);
    for (const [start, place] of [
      [cast.obedient, onFirst],
      [cast.waiting, onSecond],
    ]) {
      const told = new Event();
      system.spawn(start, { args: [sink], shutdown: 'infinity', ...place }).tell(told);
      if (!(await told.waitAsync(SOON))) fail(`${start.name} did not begin`);
    }
    await system.stop();
    equal(
      [...kept].sort((a, b) => (a < b ? -1 : 1)),
      ['was busy, and stops', 'was waiting, and stops'],
      'what they told',
    );
    equal(reports, [], 'reports');
  },
);

scenario(
  'a dedicated actor blocks for its messages, answers, and is restarted after a crash',
  async (system, reports) => {
    const [ref] = await supervised(system, { start: cast.blocking, args: [1] });
    for (let n = 1; n <= 10; n++) ref.tell({ type: 'add', n });
    equal(await ref.ask({ type: 'sum' }, SOON), 56, 'sum');
    ref.tell({ type: 'fail' });
    ref.tell({ type: 'add', n: 1 });
    equal(await ref.ask({ type: 'sum' }, SOON), 2, 'the next thread has what waited');
    if (!reports.some(({ error }) => error === 'childTerminated')) fail('the crash was not reported');
  },
);

scenario('a dedicated actor whose thread ends under it is restarted too', async (system, reports) => {
  const [ref] = await supervised(system, { start: cast.blocking, args: [1] });
  ref.tell({ type: 'die' });
  ref.tell({ type: 'add', n: 1 });
  equal(await ref.ask({ type: 'sum' }, SOON), 2, 'the next thread has what waited');
  const { reason } = reports.find(({ error }) => error === 'childTerminated');
  equal(reason.type, 'threadDied', 'the reason');
});

scenario('a dedicated actor that burns without end is terminated after its time', async (system, reports) => {
  const told = new Event();
  const enough = new Event();
  const ref = system.spawn(cast.blocking, { args: [0], shutdown: 200, name: 'burns' });
  ref.tell({ type: 'burn', told, enough });
  if (!(await told.waitAsync(SOON))) fail('it did not begin');
  const ended = ref.whenStopped(SOON);
  await system.stop();
  equal((await ended).type, 'killed', 'the reason');
  equal(
    reports.map(({ type }) => type),
    ['graceElapsed'],
    'reports',
  );
  enough.set();
});

scenario('timers tick on a thread and here: once, often, and by the calendar', async system => {
  for (const place of [{}, onFirst]) {
    const { ref, kept } = keep(system);
    system.spawn(cast.timed, { args: [ref], ...place });
    const count = what => kept.filter(each => each === what).length;
    await until(() => count('once') === 1 && count('often') >= 5 && count('cron') >= 1, 'all have ticked');
  }
});

scenario('an actor on a thread is called as an object, with errors and callbacks', async system => {
  const remote = wrap(system.spawn(cast.account, { args: [100], ...onFirst }));
  equal(await Promise.all([remote.withdraw(10), remote.withdraw(20)]), [90, 70], 'one at a time');
  // comlink makes it anew here, as an Error with that name.
  await rejects(Error, 'only 70 left', remote.withdraw(1000));
  const left = [];
  await remote.each(
    [1, 2],
    proxy(each => void left.push(each)),
  );
  await until(() => left.length === 2, 'the callbacks came');
  equal(left, [69, 67], 'what they were told');
});

scenario('keys and topics are one for all threads; inspection shows who runs where', async system => {
  const key = new Key('adders');
  const ref = system.spawn(cast.adder, { args: [3], name: 'found', ...onFirst });
  await system.registry.join(key, ref);
  const [found] = await system.registry.members(key);
  equal(await found.ask({ type: 'sum' }, SOON), 3, 'asked by what the registry gave');
  const topic = new Topic('numbers');
  await system.events.subscribe(topic, ref);
  system.events.publish(topic, { type: 'add', n: 4 });
  for (let sum = 3; sum !== 7;) sum = await ref.ask({ type: 'sum' }, SOON);
  system.inspect();
  const shown = () => system.inspect().children.find(({ path }) => path === '/found');
  await until(() => shown()?.handled > 0, 'it is shown');
  equal([shown().actor, shown().thread > 0], ['adder', true], 'shown');
});

export const actorScenarios = all;
