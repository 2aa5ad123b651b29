// Builds the pipeline without a word, then runs it on this terminal with the arguments given, and ends as it ends.

import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const GROUP_WINDOW_MS = 200;
const path = relative => fileURLToPath(new URL(relative, import.meta.url));

const build = [path('./turbo.js'), '--quiet', 'run', 'build', '--filter=@heddle/pipeline'];
const { status } = spawnSync(process.execPath, build, { cwd: path('..'), stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 130);

const program = spawn(process.execPath, [path('../apps/pipeline/dist/cli.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});

// Ctrl-C reaches the whole group, so the program has it already, and npm repeats it to us: two at nearly the same time.
// One alone was sent to npm only, and has to be passed on. Either way we wait for the program to end by itself.
let passOn;
process.on('SIGINT', () => {
  if (passOn) {
    clearTimeout(passOn);
    passOn = undefined;
  } else {
    passOn = setTimeout(() => {
      passOn = undefined;
      program.kill('SIGINT');
    }, GROUP_WINDOW_MS);
  }
});
process.on('SIGTERM', () => program.kill('SIGTERM'));

program.on('exit', (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
