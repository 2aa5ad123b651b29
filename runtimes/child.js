/** Runs a program that may hang, and kills it then, with all its threads. */
import { spawn } from 'node:child_process';

const KEPT_OUTPUT = 20_000;

/** Resolves to how it ended; `code` is undefined if it had to be killed. */
export function runBounded(command, args, { timeout, env, cwd }) {
  return new Promise(resolve => {
    const began = performance.now();
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', text => {
        if (output[name].length < KEPT_OUTPUT) output[name] += text;
      });
    }
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      child.kill('SIGKILL');
    }, timeout);
    child.on('error', error => {
      output.stderr += String(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: killed ? undefined : (code ?? signal), ...output, ms: performance.now() - began });
    });
  });
}
