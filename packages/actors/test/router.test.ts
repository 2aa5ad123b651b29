import { expect, test } from 'vitest';
import { exit, router } from '../src/index.ts';
import type { ActorRef, Context, RouterOptions } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';

function setUp(options: Partial<RouterOptions<string, []>>) {
  const kit = new TestSystem();
  const seen: [routee: string, message: string][] = [];
  const routee = (context: Context<string>) => (message: string) =>
    void seen.push([context.name.slice(-1), message]);
  const ref = kit.spawn(router({ start: routee, routees: 3, ...options }), { name: 'router' });
  const childOf = (name: string): ActorRef<never> => {
    const { cell } = ref as unknown as {
      cell: { children: { named(label: string): { ref: ActorRef<never> } | undefined } };
    };
    return cell.children.named(`routee-${name}`)!.ref;
  };
  const run = async (...messages: string[]): Promise<[string, string][]> => {
    seen.length = 0;
    for (const message of messages) ref.tell(message);
    await kit.settle();
    return [...seen].sort(([, a], [, b]) => a.localeCompare(b));
  };
  return { kit, ref, run, childOf };
}

test('round robin: one after the other, also when one has ended', async () => {
  const { kit, run, childOf } = setUp({});
  expect(await run('a', 'b', 'c', 'd')).toEqual([
    ['0', 'a'],
    ['1', 'b'],
    ['2', 'c'],
    ['0', 'd'],
  ]);
  kit.system.exit(childOf('1'), exit.killed);
  await kit.settle();
  const after = await run('a', 'b', 'c', 'd');
  expect(new Set(after.map(([routee]) => routee))).toEqual(new Set(['0', '2']));
});

test('broadcast reaches all', async () => {
  const { run } = setUp({ routing: 'broadcast' });
  expect(await run('a')).toHaveLength(3);
});

test('random uses all of them, by the seed', async () => {
  const { run } = setUp({ routing: 'random' });
  const messages = Array.from({ length: 60 }, (_, n) => String(n));
  const routees = (await run(...messages)).map(([routee]) => routee);
  expect(new Set(routees)).toEqual(new Set(['0', '1', '2']));
  expect((await setUp({ routing: 'random' }).run(...messages)).map(([routee]) => routee)).toEqual(routees);
});

test('smallest mailbox: the one that is held gets no more than its share of an empty line', async () => {
  const { kit, run, childOf } = setUp({ routing: 'smallestMailbox' });
  await run();
  kit.hold(childOf('0'));
  const seen = await run('a', 'b', 'c', 'd', 'e');
  expect(seen).toHaveLength(4);
  expect(seen.some(([routee]) => routee === '0')).toBe(false);
});

test('by key: equal keys, same routee; when one ends only its keys move', async () => {
  const { kit, run, childOf } = setUp({ routing: { key: message => message.split('.')[0]! } });
  const keys = Array.from({ length: 60 }, (_, n) => `k${n}`);
  const before = new Map(
    (await run(...keys.map(key => `${key}.1`))).map(([routee, message]) => [message.split('.')[0]!, routee]),
  );
  expect(new Set(before.values()).size).toBe(3);
  kit.system.exit(childOf('1'), exit.killed);
  await kit.settle();
  for (const [routee, message] of await run(...keys.map(key => `${key}.2`))) {
    const old = before.get(message.split('.')[0]!)!;
    if (old === '1') expect(['0', '2']).toContain(routee);
    else expect(routee).toBe(old);
  }
});

test('the router ends when all routees have', async () => {
  const { kit, ref, childOf } = setUp({});
  await kit.settle();
  for (const n of ['0', '1', '2']) kit.system.exit(childOf(n), exit.shutdown);
  await kit.settle();
  expect(ref.alive).toBe(false);
});

test('misuse is refused', () => {
  const start = (_context: Context<string>) => () => {};
  expect(() => router({ start, routees: 0 })).toThrow(/routees must be a whole number from 1, got 0/);
  expect(() => router({ start, routees: 1, routing: 'best' as 'random' })).toThrow(
    /routing must be one of .* got best/,
  );
});
