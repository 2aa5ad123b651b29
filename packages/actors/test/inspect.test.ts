/** What is seen of a system from outside, also of a thread that is stuck. */
import { Event, Semaphore } from '@heddle/core';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ActorSystem, Supervisor, supervisor } from '../src/index.ts';
import type { ActorInfo } from '../src/index.ts';
import { digger, keeper, mortal, worker } from './inspect.fixture.ts';

function find(tree: ActorInfo, path: string): ActorInfo | undefined {
  if (tree.path === path) return tree;
  for (const child of tree.children) {
    const found = find(child, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5));
}

test('the tree over threads: where actors run, what they did, restarts, last errors, rates', async () => {
  await using system = new ActorSystem({ threads: 1, report: () => {} });
  const here = system.spawn(worker, { name: 'here' });
  const there = system.spawn(worker, { name: 'there', placement: 'leastLoaded' });
  for (const ref of [here, there]) {
    ref.tell({ type: 'work', ms: 1 });
    ref.tell({ type: 'fail' });
    await ref.ask({ type: 'done' }, { timeout: 60_000 });
  }
  await until(() => find(system.inspect(), '/there')?.handled === 3);
  for (const [path, thread] of [
    ['/here', 0],
    ['/there', 1],
  ] as const) {
    expect(find(system.inspect(), path)).toMatchObject({
      actor: 'worker',
      state: 'running',
      busy: false,
      waiting: 0,
      handled: 3,
      restarts: 1,
      thread,
      children: [{ path: `${path}/a child with a name that is longer than a record`, thread, children: [] }],
    });
    expect(find(system.inspect(), path)!.lastError).toContain('as told');
  }
  // Times are taken from the first look on.
  system.inspect();
  there.tell({ type: 'work', ms: 30 });
  await there.ask({ type: 'done' });
  await until(() => find(system.inspect(), '/there')?.handled === 5);
  // Long enough to be a tenth of the time, also if this thread has to wait for its turn.
  there.tell({ type: 'work', ms: 400 });
  await there.ask({ type: 'done' });
  const { rate, busyShare } = find(system.inspect(), '/there')!;
  expect(rate).toBeGreaterThan(0);
  expect(busyShare).toBeGreaterThan(0.1);
});

test('ended actors are shown no longer, and their records are used again', async () => {
  await using system = new ActorSystem({ threads: 1, report: () => {} });
  for (let round = 0; round < 3; round++) {
    const refs = Array.from({ length: 400 }, () => system.spawn(worker, { placement: 'leastLoaded' }));
    await Promise.all(refs.map(ref => ref.ask({ type: 'done' }, { timeout: 60_000 })));
    expect(system.inspect().children).toHaveLength(400);
    const ended = refs.map(ref => ref.whenStopped());
    for (const ref of refs) system.exit(ref, { type: 'killed' });
    await Promise.all(ended);
    await until(() => system.inspect().children.length === 0);
  }
  // Its thread shows an actor until it has heard that nobody will start it again.
  await until(() => system.inspectThreads().find(({ thread }) => thread === 1)!.actors < 3);
});

test('a thread in a busy loop is shown as it is, with the actor that keeps it', async () => {
  await using system = new ActorSystem({ threads: 1, report: () => {} });
  const ref = system.spawn(worker, { name: 'stuck', placement: 'leastLoaded' });
  await ref.ask({ type: 'done' }, { timeout: 60_000 });
  const gate = new Event();
  ref.tell({ type: 'spin', until: gate });
  const thread = () => system.inspectThreads().find(each => each.thread === 1)!;
  await until(() => (thread().turnMs ?? 0) > 50);
  for (let n = 0; n < 7; n++) ref.tell({ type: 'work', ms: 0 });
  await until(() => thread().waiting === 7);
  expect(thread().running).toBe('/stuck');
  expect(find(system.inspect(), '/stuck')).toMatchObject({ busy: true, waiting: 0, handled: 1 });
  // It has been busy all the time since, though its turn isn't over.
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(find(system.inspect(), '/stuck')!.busyShare).toBeGreaterThan(0.9);
  expect(thread().busyShare).toBeGreaterThan(0.9);
  gate.set();
  await until(() => find(system.inspect(), '/stuck')?.handled === 9);
  await until(() => thread().running === undefined);
});

test.each([
  ['main', true],
  ['main', false],
  ['leastLoaded', true],
] as const)(
  'a dedicated actor, started on %s (looked at before: %s): what is in its queue, what it has handled, and whether it burns',
  { timeout: 60_000 },
  async (placement, lookedAt) => {
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    if (lookedAt) system.inspect();
    const gate = new Semaphore(0);
    const owner = system.spawn(keeper, { args: [gate], placement, name: 'keeper' });
    const ref = await owner.ask({}, { timeout: 60_000 });
    const shown = () => find(system.inspect(), '/keeper/digger');
    for (let n = 0; n < 10; n++) ref.tell(n);
    // One is being handled.
    await until(() => shown()?.waiting === 9);
    // Without a tally nobody knows what it has handled but itself.
    if (lookedAt) await until(() => shown()!.busy && shown()!.handled === 0);
    if (lookedAt) await until(() => (shown()!.busyShare ?? 0) > 0.9);
    gate.release(4);
    await until(() => shown()?.waiting === 5);
    if (lookedAt) expect(shown()).toMatchObject({ busy: true, handled: 4 });
    gate.release(6);
    await until(() => shown()?.waiting === 0);
    if (lookedAt) await until(() => !shown()!.busy && shown()!.handled === 10);
    await system.stop(owner);
    await until(() => shown() === undefined);
  },
);

test('a dedicated actor that dies with much in its queue: its next thread is shown with what is left', async () => {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  system.inspect();
  const gate = new Semaphore(0);
  const sup = new Supervisor(
    system.spawn(supervisor({ children: [{ id: 'digger', start: digger, args: [gate] }] }), { name: 'sup' }),
  );
  const ref = (await sup.child(digger, 'digger'))!;
  const shown = () => find(system.inspect(), '/sup/digger');
  for (let n = 0; n < 8; n++) ref.tell(n === 0 ? -1 : n);
  gate.release();
  await until(() => shown()?.waiting === 6 && shown()!.busy);
  gate.release(9);
  await until(() => shown()?.waiting === 0);
});

test(
  'what waits in shared memory for an actor that is to be started again is shown',
  { timeout: 60_000 },
  async () => {
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    const sup = new Supervisor(
      system.spawn(
        supervisor({
          children: [{ id: 'mortal', start: mortal, options: { placement: 'leastLoaded' } }],
          intensity: 10,
        }),
        { name: 'sup' },
      ),
    );
    const ref = (await sup.child(mortal, 'mortal'))!;
    const waiting = () => find(system.inspect(), '/sup/mortal')?.waiting;
    ref.tell('fail');
    for (let n = 0; n < 5; n++) ref.tell('work');
    // They are sent at the end of the turn. From then on this thread stands still, and its supervisor doesn't hear of the crash.
    await Promise.resolve();
    await Promise.resolve();
    for (const end = performance.now() + 20_000; waiting() !== 5 && performance.now() < end;);
    expect(waiting()).toBe(5);
    await until(() => waiting() === 0);
    // The thread itself dies, and there is no other that could start it yet.
    ref.tell('exit');
    for (let n = 0; n < 7; n++) ref.tell('work');
    await until(() => waiting() === 0 && find(system.inspect(), '/sup/mortal')?.handled === 7);
    expect(system.deadLetters.count).toBe(0);
  },
);

test('heddle inspect shows a system whose main thread is stuck', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
  const socket = join(folder, 'socket');
  const file = join(folder, 'program.mjs');
  const source = `
    import { ActorSystem } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
    const system = new ActorSystem({ threads: 0, name: 'shop' });
    const ref = system.spawn(() => message => { for (const end = performance.now() + message; performance.now() < end;); }, { name: 'till' });
    ref.tell(1);
    setTimeout(() => ref.tell(60_000), 1000);
  `;
  writeFileSync(file, source);
  const node = (...args: string[]) => spawn(process.execPath, ['--conditions=@heddle/source', ...args]);
  const program = spawn(process.execPath, ['--conditions=@heddle/source', file], {
    env: { ...process.env, HEDDLE_INSPECT: socket },
    stdio: 'inherit',
  });
  try {
    await until(() => existsSync(socket));
    let text = '';
    for (let tries = 0; tries < 20 && !text.includes('STUCK'); tries++) {
      await new Promise(resolve => setTimeout(resolve, 500));
      const cli = node(
        new URL('../src/cli/heddle.ts', import.meta.url).pathname,
        'inspect',
        socket,
        '--once',
      );
      text = '';
      cli.stdout.on('data', chunk => (text += chunk));
      cli.stderr.on('data', chunk => (text += chunk));
      await new Promise(resolve => cli.on('close', resolve));
    }
    expect(text).toMatch(/^shop, process \d+: 1 actor on 1 thread\n/);
    expect(text).toMatch(/0 \(main\).*\/till for [\d.]+ s: STUCK/);
    expect(text).toMatch(/till +busy +0 /);
  } finally {
    program.kill('SIGKILL');
  }
});
