/** Runs one program in a process of its own, which is killed if it hangs, and says what isn't as the document says. */

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OUT } from './compile.ts';
import { compare, compareText, readOutput } from './expectations.ts';
import type { Program } from './programs.ts';

const TIMEOUT_MS = 60_000;

/** `folder` is where its file lies, if it isn't where `writePrograms` put it. */
export async function runProgram(
  program: Program,
  folder: string = join(OUT, program.folder),
): Promise<string[]> {
  const { code, signal, stdout, stderr } = await runFile(program, folder);
  const { seen, printed } = readOutput(stdout);
  const problems: string[] = [];
  const end = signal ?? code;
  if (end !== program.exitCode)
    problems.push(`ends with ${String(end)}, not with ${program.exitCode}\n${seen}\n${stderr}`);
  for (const expectation of program.expectations) {
    const problem = compare(expectation, printed);
    if (problem !== undefined) problems.push(problem);
  }
  if (program.stdout !== undefined) {
    const problem = compareText(program.stdout.text, seen, program.stdout.anyOrder);
    if (problem !== undefined) problems.push(problem);
  }
  if (program.stderr !== undefined) {
    const problem = compareText(program.stderr.text, stderr, program.stderr.anyOrder);
    if (problem !== undefined) problems.push(problem);
  } else if (!program.complains && stderr.trim() !== '') problems.push(`complains:\n${stderr}`);
  return problems;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runFile({ file }: Program, cwd: string): Promise<Ending> {
  const vitest = (): string =>
    join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const args = file.includes('.test.') ? [vitest(), 'run', '--root', '.', file] : [file];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
