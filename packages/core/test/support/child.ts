/**
 * Runs a small program in a process of its own, which is killed when its time is up: the only safe place for what may deadlock, and the only
 * place to see how a process ends.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const index = new URL('../../src/index.ts', import.meta.url).href;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Milliseconds from start to end. */
  elapsed: number;
}

/** Runs the source of a module that may use everything `@heddle/core` exports, under the name `heddle`. Rejects when it takes longer than
 * `timeout`. `node` are options of Node, `env` variables of the environment. As soon as its standard error matches `enough`, the file that is its
 * first argument comes to be: how a program that is blocked learns that it has shown what it should. */
export async function runProgram(
  source: string,
  {
    timeout = 20_000,
    args = [] as string[],
    node = [] as string[],
    env = {} as Record<string, string>,
    enough = undefined as RegExp | undefined,
  } = {},
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-test-'));
  const file = join(folder, 'program.mjs');
  writeFileSync(file, `import * as heddle from ${JSON.stringify(index)};\n${source}`);
  try {
    if (enough === undefined) return await run(node, file, args, timeout, env);
    const mark = join(folder, 'enough');
    return await run(node, file, [mark, ...args], timeout, env, stderr => {
      if (enough.test(stderr)) writeFileSync(mark, '');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(
  node: string[],
  file: string,
  args: string[],
  timeout: number,
  env: Record<string, string>,
  onError: (stderr: string) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--conditions=@heddle/source', ...node, file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += String(data)));
    child.stderr.on('data', (data: Buffer) => onError((stderr += String(data))));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the program did not end within ${timeout} ms; it printed:\n${stdout}\n${stderr}`));
    }, timeout);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr, elapsed: performance.now() - start });
    });
  });
}
