/** What is seen of a system from outside, also of a thread that is stuck. */
import { Event } from '@heddle/core';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ActorSystem } from '../src/index.ts';
import type { ActorInfo } from '../src/index.ts';
import { worker } from './inspect.fixture.ts';

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
  there.tell({ type: 'work', ms: 40 });
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
