/** Writes the programs to a folder and lets the compiler check them all, as their readers' would: strictly, against what is built. */

import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './programs.ts';

/** Below this workspace, so that the packages are found as in a user's project. */
export const OUT: string = fileURLToPath(new URL('../out', import.meta.url));

const OPTIONS = {
  target: 'esnext',
  lib: ['esnext', 'dom'],
  types: ['node'],
  module: 'nodenext',
  moduleDetection: 'force',
  strict: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
};

export function writePrograms(programs: readonly Program[]): void {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  writeFileSync(`${OUT}/tsconfig.json`, JSON.stringify({ compilerOptions: OPTIONS, include: ['**/*'] }));
  writeFileSync(`${OUT}/package.json`, '{ "type": "module", "private": true }\n');
  for (const program of programs) {
    const folder = join(OUT, program.folder);
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of program.beside)
      if (!/^block-\d/.test(file)) writeFileSync(join(folder, file), content);
    writeFileSync(join(folder, program.file), program.content);
  }
}

/** What the compiler finds wrong, by the title of the program. */
export async function compile(programs: readonly Program[]): Promise<Map<string, string[]>> {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [tsc, '-p', OUT, '--pretty', 'false'],
      { cwd: OUT, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error !== null && stdout === '') reject(new Error(stderr || error.message));
        else resolve(stdout);
      },
    );
  });
  const byFile = new Map(programs.map(program => [`${program.folder}/${program.file}`, program]));
  const found = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const match = /^(\S+?)\((\d+),\d+\): (.*)$/.exec(line);
    if (match === null) continue;
    const program = byFile.get(match[1]!.replaceAll('\\', '/'));
    // The same file in a later state's folder has been complained of in its own.
    if (program === undefined) continue;
    const problems = found.get(program.title) ?? [];
    problems.push(`${program.document}:${Number(match[2]) + program.offset}: ${match[3]}`);
    found.set(program.title, problems);
  }
  return found;
}
