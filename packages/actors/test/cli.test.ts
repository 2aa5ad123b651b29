/** `heddle inspect` as it is typed: where there is nothing to inspect, and what it must not do. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CLI = fileURLToPath(new URL('../src/cli/heddle.ts', import.meta.url));
const NODE = ['--conditions=@heddle/source'];
const slow = { timeout: 60_000 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function inspect(...args: string[]) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [...NODE, CLI, 'inspect', ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, text: stderr + stdout };
}

/** A system that serves its inspector at `path` until its standard input ends. */
async function serving(path: string) {
  const file = join(folder, 'program.mjs');
  const index = new URL('../src/index.ts', import.meta.url).href;
  writeFileSync(
    file,
    `import { ActorSystem } from ${JSON.stringify(index)};
     const system = new ActorSystem({ threads: 0, name: 'shop', inspect: ${JSON.stringify(path)} });
     process.stdin.resume().on('end', () => void system.stop());`,
  );
  const program = spawn(process.execPath, [...NODE, file], { stdio: ['pipe', 'inherit', 'pipe'] });
  let text = '';
  program.stderr.on('data', chunk => (text += chunk));
  const ended = new Promise<number | null>(resolve => program.on('exit', resolve));
  return { program, ended, said: () => text };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 10));
}

test('no such process, no such socket, no socket at all, nobody behind it', slow, async () => {
  expect(inspect('999999999')).toMatchObject({ status: 2, text: 'heddle: there is no process 999999999\n' });
  const none = inspect(String(process.pid));
  expect(none.status).toBe(2);
  expect(none.text).toContain(`heddle-${process.pid}.sock: start the program with HEDDLE_INSPECT=1`);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(inspect(file).text).toContain(`heddle: ${file} is no socket: give the process's number`);
  const path = join(folder, 'socket');
  const { program, ended } = await serving(path);
  await until(() => existsSync(path));
  program.kill('SIGKILL');
  await ended;
  expect(inspect(path)).toMatchObject({ status: 2 });
  expect(inspect(path).text).toContain('the program has ended, and has left its socket behind');
});

test(
  'one state as JSON for a reader that wants no more; the end of the system is the end',
  slow,
  async () => {
    const path = join(folder, 'socket');
    const { program, ended } = await serving(path);
    await until(() => existsSync(path));
    const command = [process.execPath, ...NODE, CLI, 'inspect', path, '--json'].join(' ');
    const { stdout, stderr } = spawnSync('sh', ['-c', `${command} | head -c 15`], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect([stdout, stderr]).toEqual(['{"system":"shop', '']);
    const live = spawn(process.execPath, [...NODE, CLI, 'inspect', path]);
    let text = '';
    for (const stream of [live.stdout, live.stderr]) stream.on('data', chunk => (text += chunk));
    const closed = new Promise<number | null>(resolve => live.on('close', resolve));
    await until(() => text.includes('shop, process'));
    program.stdin.end();
    expect([await closed, await ended]).toEqual([0, 0]);
    expect(text).toMatch(/heddle: the system has ended\n$/);
    expect(existsSync(path)).toBe(false);
  },
);

test('a process that says nothing: --once does not wait for ever', slow, async () => {
  const path = join(folder, 'socket');
  const silent = createServer(() => {});
  await new Promise<void>(resolve => silent.listen(path, resolve));
  const cli = spawn(process.execPath, [...NODE, CLI, 'inspect', path, '--once']);
  let text = '';
  cli.stderr.on('data', chunk => (text += chunk));
  expect(await new Promise(resolve => cli.on('close', resolve))).toBe(2);
  expect(text).toBe(
    `heddle: nothing has come from ${path} for 5 s: the process is suspended, or has no processor time\n`,
  );
  await new Promise(resolve => silent.close(resolve));
});

test(
  'the place of the socket: a file there is left alone, and so is a socket of another program',
  slow,
  async () => {
    const file = join(folder, 'precious');
    writeFileSync(file, 'precious');
    const first = await serving(file);
    await until(() => first.said().includes(`inspect: ${file} is there already, and is no socket`));
    first.program.stdin.end();
    expect([await first.ended, readFileSync(file, 'utf8')]).toEqual([0, 'precious']);

    const path = join(folder, 'socket');
    const holder = await serving(path);
    await until(() => existsSync(path));
    const second = await serving(path);
    await until(() => second.said().includes(`inspect: another program serves ${path}: choose another path`));
    second.program.stdin.end();
    await second.ended;
    expect(inspect(path, '--once').text).toMatch(new RegExp(`^shop, process ${holder.program.pid}:`));
    // What is left behind by one that was killed is in nobody's way.
    holder.program.kill('SIGKILL');
    await holder.ended;
    const third = await serving(path);
    await until(() => inspect(path, '--once').text.startsWith(`shop, process ${third.program.pid}:`));
    third.program.stdin.end();
    await third.ended;
  },
);
