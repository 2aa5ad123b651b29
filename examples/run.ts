// Runs every example, or those whose names contain one of the arguments, each in a process of its own.
// Fails when one exits with another code than 0 or isn't done after a minute.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const TIMEOUT_MS = 60_000;
const wanted = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter(name => /^\d.*\.ts$/.test(name))
  .filter(name => wanted.length === 0 || wanted.some(part => name.includes(part)))
  .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })); // 101 before 1001
let failed = 0;

for (const name of names) {
  console.log(`── ${name}`);
  const { status, signal, error } = spawnSync(process.execPath, [name], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (status !== 0) {
    failed += 1;
    console.error(`${name} failed: ${error?.message ?? signal ?? `exit code ${status}`}`);
  }
}

console.log(`── ${names.length - failed} of ${names.length} examples ran through`);
if (failed > 0) process.exitCode = 1;
