/** The registry and the event stream: on one thread under virtual time, and across threads. */
import { afterEach, expect, test } from 'vitest';
import {
  ActorSystem,
  Key,
  NameTakenError,
  Supervisor,
  Topic,
  describeReport,
  exit,
  supervisor,
  topics,
} from '../src/index.ts';
import type { ActorRef, DeadLetterEvent, Listing, Report } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { listener, member, numbers, workers } from './services.fixture.ts';
import type { Ask } from './services.fixture.ts';

const printers = new Key<string>('printers');

test('a subscriber of a key gets who is there, and then each change; the dead are removed', async () => {
  const kit = new TestSystem();
  const { registry } = kit.system;
  const [a, b] = [kit.probe<string>('a'), kit.probe<string>('b')];
  await kit.until(registry.join(printers, a.ref));
  const watcher = kit.probe<Listing<string>>('watcher');
  await kit.until(registry.subscribe(printers, watcher.ref));
  await kit.until(registry.join(printers, b.ref));
  kit.system.exit(a.ref as ActorRef<never>, exit.killed);
  await kit.settle();
  expect(await kit.until(registry.leave(printers, b.ref))).toBe(true);
  expect(await kit.until(registry.leave(printers, b.ref))).toBe(false);
  const paths = watcher.messages.map(({ members, added, removed }) =>
    [members, added, removed].map(refs => refs.map(({ path }) => path).join()),
  );
  expect(paths).toEqual([
    ['/a', '/a', ''],
    ['/a,/b', '/b', ''],
    ['/b', '', '/a'],
    ['', '', '/b'],
  ]);
  await kit.until(registry.unsubscribe(printers, watcher.ref));
  await kit.until(registry.join(printers, b.ref));
  expect(watcher.messages).toHaveLength(4);
  expect(await kit.until(registry.find(printers))).toBe(b.ref);
});

test('a name that is taken is an error naming the holder, until the holder has ended', async () => {
  const kit = new TestSystem();
  const { registry } = kit.system;
  const [a, b] = [kit.probe<string>('a'), kit.probe<string>('b')];
  await kit.until(registry.register(printers, a.ref));
  await kit.until(registry.register(printers, a.ref));
  for (const call of ['register', 'join'] as const) {
    const error = await kit.until(registry[call](printers, b.ref).catch((each: unknown) => each));
    expect(error).toBeInstanceOf(NameTakenError);
    expect(String(error)).toMatch(/the key "printers" is taken by \/a \(actor \d+\)/);
  }
  kit.system.exit(a.ref as ActorRef<never>, exit.killed);
  await kit.settle();
  await kit.until(registry.register(printers, b.ref));
  expect(await kit.until(registry.members(printers))).toEqual([b.ref]);
});

test('who enters when it has ended already is gone at once', async () => {
  const kit = new TestSystem();
  const a = kit.probe<string>('a');
  kit.system.exit(a.ref as ActorRef<never>, exit.killed);
  await kit.settle();
  await kit.until(kit.system.registry.register(printers, a.ref));
  await kit.settle();
  expect(await kit.until(kit.system.registry.members(printers))).toEqual([]);
});

test('events reach those who have subscribed to their topic, once each, until they unsubscribe or end', async () => {
  const kit = new TestSystem();
  const { events } = kit.system;
  const [orders, others] = [new Topic<number>('orders'), new Topic<number>('others')];
  const [a, b, c] = [kit.probe<number>('a'), kit.probe<number>('b'), kit.probe<number>('c')];
  for (const { ref } of [a, a, b, c]) await kit.until(events.subscribe(orders, ref));
  events.publish(orders, 1);
  events.publish(others, 2);
  await kit.settle();
  await kit.until(events.unsubscribe(orders, b.ref));
  kit.system.exit(c.ref as ActorRef<never>, exit.killed);
  await kit.settle();
  events.publish(orders, 3);
  await kit.settle();
  expect([a, b, c].map(({ messages }) => messages)).toEqual([[1, 3], [1], [1]]);
  expect(kit.deadLetters).toEqual([]);
});

test('dead letters are events, also the listener’s crash is one only once, and causes no loop', async () => {
  const kit = new TestSystem();
  const heard: string[] = [];
  const ears = kit.spawn(
    () => (letter: DeadLetterEvent) => {
      heard.push(`${letter.path} ${String(letter.message)} ${letter.reason}`);
      if (letter.message === 'crash') throw new Error('as told');
    },
    { name: 'ears' },
  );
  await kit.until(kit.system.events.subscribe(topics.deadLetters, ears));
  const gone = kit.probe<string>('gone');
  kit.system.exit(gone.ref as ActorRef<never>, exit.killed);
  gone.ref.tell('one');
  await kit.settle();
  for (const text of ['crash', 'two', 'three']) gone.ref.tell(text);
  await kit.settle();
  expect(heard).toEqual(['/gone one stopped', '/gone crash stopped']);
  // Four to the dead; the events that the dead listener couldn't take are letters too, and no events.
  const paths = kit.deadLetters.map(({ path }) => path);
  expect(paths.filter(path => path === '/gone')).toHaveLength(4);
  expect(paths.filter(path => path === '/ears').length).toBeLessThanOrEqual(2);
});

test('reports are events', async () => {
  const kit = new TestSystem();
  const ears = kit.probe<Report>('ears');
  await kit.until(kit.system.events.subscribe(topics.reports, ears.ref));
  kit.spawn(
    () => {
      throw new Error('as told');
    },
    { name: 'faulty' },
  );
  await kit.settle();
  expect(ears.messages).toMatchObject([{ type: 'crash', path: '/faulty' }]);
});

test('misuse is refused', () => {
  const { registry, events } = new TestSystem().system;
  const text = 'printers' as unknown;
  expect(() => registry.members(text as Key<string>)).toThrow(
    /registry.members: expected a Key, got printers/,
  );
  expect(() => events.publish(text as Topic<string>, 'x')).toThrow(/events.publish: expected a Topic/);
  expect(() => new Key('')).toThrow(/Key: name must be a string, got "" \(string\)/);
  expect(() => new Topic(7 as unknown as string)).toThrow(/Topic: name must be a string, got 7 \(number\)/);
});

let system: ActorSystem;
afterEach(() => system?.stop());

const elsewhere = { placement: 'leastLoaded' } as const;
/** A busy machine takes its time to start threads. */
const patient = { timeout: 60_000 };

test(
  'across threads: registered there, found here and there; events go everywhere, in one order',
  { timeout: 120_000 },
  async () => {
    const reports: Report[] = [];
    system = new ActorSystem({ threads: 2, report: each => void reports.push(each) });
    const ears = [1, 2].map(n => system.spawn(listener, { name: `ears-${n}`, ...elsewhere }));
    for (const ear of ears) await ear.ask({ type: 'get' }, patient);
    const sup = new Supervisor(
      system.spawn(
        supervisor({
          children: [{ id: 'one', start: member, args: [false], options: elsewhere }],
          intensity: 5,
        }),
      ),
    );
    const one = (await sup.child(member, 'one'))!;
    const two = system.spawn(member, { name: 'two', args: [false], ...elsewhere });
    await two.ask({ type: 'where' }, patient);
    const found = await system.registry.members(workers);
    expect(await Promise.all(found.map(ref => ref.ask({ type: 'where' }, patient)))).toEqual([
      one.path,
      two.path,
    ]);
    const refused = system.spawn(member, { name: 'three', args: [true], ...elsewhere });
    await refused.whenStopped();
    await eventually(
      async () => reports,
      all =>
        all.some(each => each.type === 'crash' && describeReport(each).includes(`is taken by ${one.path}`)),
    );
    for (let n = 0; n < 50; n++) (n % 2 === 0 ? one : (two as ActorRef<Ask>)).tell({ type: 'publish', n });
    const both = async (): Promise<(string | number)[][]> =>
      Promise.all(ears.map(ear => ear.ask({ type: 'get' }, patient) as Promise<(string | number)[]>));
    const [first, second] = await eventually(both, lists =>
      lists.every(list => list.filter(each => typeof each === 'number').length === 50),
    );
    expect(second!.filter(each => typeof each === 'number')).toEqual(
      first!.filter(each => typeof each === 'number'),
    );
    // Its supervisor starts it again: out, and in anew.
    one.tell({ type: 'crash' });
    const name = one.path.slice(1);
    const [heard] = await eventually(both, ([list]) => list!.includes(`two ${name} +${name} -`));
    expect(heard!.filter(each => typeof each === 'string')).toEqual([
      ' + -',
      `${name} +${name} -`,
      `${name} two +two -`,
      `two + -${name}`,
      `two ${name} +${name} -`,
    ]);
    expect(reports.filter(({ type }) => type === 'callbackFailed')).toEqual([]);
  },
);

test('a published event that nobody hears, and one from a thread, cost nothing and fail nothing', async () => {
  system = new ActorSystem({ threads: 0 });
  system.events.publish(numbers, 1);
  await system.stop();
  expect(system.deadLetters.count).toBe(0);
});

async function eventually<T>(look: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const value = await look();
    if (isRight(value)) return value;
    if (performance.now() > end) throw new Error(`not within 30 s: ${JSON.stringify(value)}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
