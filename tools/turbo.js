// Runs turbo without telemetry, and, with `--quiet` first, without a word unless it fails.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const args = process.argv.slice(2);
const quiet = args[0] === '--quiet';
if (quiet) args.shift();

// Found as a module, not by PATH, which knows it only beneath npm.
const turbo = createRequire(import.meta.url).resolve('turbo/bin/turbo');

const { status, signal, error, stdout, stderr } = spawnSync(process.execPath, [turbo, ...args], {
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  maxBuffer: 256 * 1024 * 1024,
  encoding: 'utf8',
});

if (error) throw error;
if (quiet && status !== 0) {
  process.stderr.write(stdout);
  process.stderr.write(stderr);
}
if (signal) process.kill(process.pid, signal);
else process.exitCode = status;
