/**
 * Follows a page to the letter, as a stranger with an empty folder: types each shell command, writes each file under the name in its first line, runs each
 * program with `node`, and compares what comes with the ` ```output ` below it. HTML comments say what a reader sees for himself:
 *
 *     <!-- second terminal: ready -->   the block goes on beside what follows, which begins when it has said "ready"; Ctrl-C ends it at the end of the page
 *     <!-- says in the end: text -->    what a block of the second terminal says then
 *     <!-- until: text -->              the command is typed again until it prints this
 *     <!-- not followed: why -->
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compareText } from '../docs/check/src/expectations.ts';
import { readPrograms } from '../docs/check/src/programs.ts';

const WAIT_MS = 120_000;
const NAMED = /^(?:\/\/|#|<!--) ([\w/-]+(?:\.[\w-]+)+)\b/;

/** Returns how many commands were typed. `env` is the environment of the shell. */
export async function followPage(document, folder, env) {
  mkdirSync(folder, { recursive: true });
  const programs = new Map(readPrograms([document]).programs.map(each => [each.title, each]));
  const terminals = [];
  let cwd = folder;
  let typed = 0;
  try {
    for (const [index, block] of document.blocks.entries()) {
      const title = `${document.path}:${block.line}`;
      if (note(block, 'not followed: ') !== undefined) continue;
      const output = document.blocks[index + 1];
      const expected = output?.language === 'output' ? output : undefined;
      if (block.language === 'sh') {
        typed += block.code.trim().replaceAll('\\\n', '').split('\n').length;
        const ready = note(block, 'second terminal: ');
        if (ready !== undefined) {
          const terminal = type(block.code, cwd, env);
          terminals.push({ title, terminal, last: note(block, 'says in the end: ') ?? '' });
          await until(() => terminal.said().includes(ready), terminal.ended, `${title} to say ${ready}`);
          continue;
        }
        cwd = await typeUntil(title, block, cwd, env, expected);
        continue;
      }
      const name = NAMED.exec(block.code)?.[1];
      if (name === undefined) continue;
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), block.code);
      const program = programs.get(title);
      if (program?.runs !== true || name.includes('.test.')) continue;
      typed += 1;
      const { code, stdout } = await type(`node ${name}`, cwd, env).ended;
      if (code !== program.exitCode) throw new Error(`${title}: node ${name} ends with ${code}: ${stdout}`);
      if (expected !== undefined && expected.meta === '') same(title, expected, stdout);
    }
    for (const { title, terminal, last } of terminals) {
      terminal.interrupt();
      // Its exit code is that of npx, which ends by the signal.
      const { stdout, stderr } = await terminal.ended;
      if (!(stdout + stderr).includes(last))
        throw new Error(`${title}: doesn't say ${last} after Ctrl-C: ${stdout}${stderr}`);
    }
  } finally {
    for (const { terminal } of terminals) terminal.kill();
  }
  return typed;
}

/** Types a block in the first terminal and returns the folder in which that stands afterwards. */
async function typeUntil(title, block, cwd, env, expected) {
  const wanted = note(block, 'until: ');
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const { code, stdout, stderr, folder } = await type(block.code, cwd, env).ended;
    if (code !== 0) throw new Error(`${title}: ends with ${code}: ${stdout}${stderr}`);
    if (wanted === undefined || stdout.includes(wanted)) {
      if (expected !== undefined) same(title, expected, stdout);
      return folder;
    }
    if (performance.now() > deadline) throw new Error(`${title}: no ${wanted} in ${stdout}`);
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

function type(commands, cwd, env) {
  // The third pipe tells where a `cd` led.
  const script = `set -euo pipefail\n${commands}\npwd >&3`;
  const child = spawn('bash', ['-c', script], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const texts = ['', '', ''];
  for (const [index, stream] of child.stdio.slice(1).entries())
    stream.setEncoding('utf8').on('data', text => (texts[index] += text));
  const timer = setTimeout(() => signal('SIGKILL'), 2 * WAIT_MS);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => {
      clearTimeout(timer);
      resolve({ code: by ?? code, stdout: texts[0], stderr: texts[1], folder: texts[2].trim() });
    });
  });
  function signal(name) {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // It has ended already.
    }
  }
  return {
    ended,
    said: () => texts[0] + texts[1],
    interrupt: () => signal('SIGINT'),
    kill: () => signal('SIGKILL'),
  };
}

async function until(holds, ended, what) {
  const deadline = performance.now() + WAIT_MS;
  let end;
  void ended.then(each => (end = each));
  while (!holds()) {
    if (end !== undefined) throw new Error(`waited for ${what}, and it ended: ${end.stdout}${end.stderr}`);
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Moments, durations and the widths of columns are other ones each time. */
const timeless = text =>
  text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, '(time)')
    .replaceAll(/\b\d+(?:\.\d+)? ?m?s\b/g, '(duration)')
    .replaceAll(/\b[\d,]+ lines\/s\b/g, '(rate)')
    .replaceAll(/ {2,}/g, '  ');

function same(title, expected, printed) {
  const problem = compareText(timeless(expected.code), timeless(printed), expected.meta === 'any-order');
  if (problem !== undefined) throw new Error(`${title}: ${problem}`);
}

function note(block, beginning) {
  return block.notes.find(each => each.startsWith(beginning))?.slice(beginning.length);
}
