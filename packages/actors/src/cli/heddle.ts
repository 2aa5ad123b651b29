#!/usr/bin/env node
/** `heddle inspect <pid|socket>`: shows a running actor system, live. */
import { statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Line } from '../observability/inspector.ts';
import { renderSystem } from './render.ts';

/** A system is told of twice a second. */
const SILENCE_MS = 5000;

const HELP = `heddle inspect <pid|socket> [options]

Shows the actors of a running system: where they run, what waits for them, how much they do, how often they failed. The program
must have been started with HEDDLE_INSPECT=1 (or a path for the socket), or with new ActorSystem({ inspect: true }).

  --once     shows one state and ends
  --json     one JSON object a line instead of a picture
  --help     this`;

function fail(text: string): never {
  console.error(text);
  process.exit(2);
}

const { values, positionals } = readArguments();

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(`heddle: ${(error as Error).message}\n\n${HELP}`);
  }
}

if (values.help) {
  console.log(HELP);
  process.exit();
}
const [command, target] = positionals;
if (command !== 'inspect' || target === undefined || positionals.length > 2)
  fail(`heddle: expected "inspect <pid|socket>", got "${positionals.join(' ')}"\n\n${HELP}`);

/** A number is a process; anything else is the socket. */
function socketOf(text: string): string {
  if (!/^\d+$/.test(text)) return text;
  if (process.platform === 'win32') return `\\\\.\\pipe\\heddle-${text}`;
  return `${tmpdir()}/heddle-${text}.sock`;
}

const path = socketOf(target);
const found = process.platform === 'win32' ? undefined : statSync(path, { throwIfNoEntry: false });
if (process.platform !== 'win32' && found === undefined) {
  if (/^\d+$/.test(target) && !runs(Number(target))) fail(`heddle: there is no process ${target}`);
  fail(
    `heddle: there is no socket at ${path}: start the program with HEDDLE_INSPECT=1, and with the same TMPDIR`,
  );
}

if (found !== undefined && !found.isSocket())
  fail(`heddle: ${path} is no socket: give the process's number, or what HEDDLE_INSPECT says`);

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

const live = !values.once && !values.json && process.stdout.isTTY;
const socket = createConnection(path);
socket.on('error', (error: Error & { code?: string }) => {
  if (error.code === 'ECONNREFUSED')
    fail(`heddle: nobody listens at ${path}: the program has ended, and has left its socket behind`);
  fail(`heddle: ${path}: ${error.message}`);
});
// Whoever reads has seen enough: `heddle inspect … --json | head -1`.
process.stdout.on('error', (error: Error & { code?: string }) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
const lines = createInterface({ input: socket });
let seen = 0;
const silence = setTimeout(() => {
  const text = `heddle: nothing has come from ${path} for ${SILENCE_MS / 1000} s: the process is suspended, or has no processor time`;
  if (values.once) fail(text);
  console.error(text);
}, SILENCE_MS);
lines.on('line', text => {
  seen += 1;
  silence.refresh();
  // The first state has no rates.
  if (values.once && seen < 2) return;
  if (values.json) console.log(text);
  else {
    // Undefined where the output is no terminal: then nothing is cut off, unless COLUMNS says so.
    const { columns = Number(process.env['COLUMNS']) || Infinity, rows = 50 } = process.stdout as {
      columns?: number;
      rows?: number;
    };
    const picture = renderSystem(JSON.parse(text) as Line, columns, live ? rows - 1 : Infinity);
    process.stdout.write(live ? `\x1b[H${picture.replaceAll('\n', '\x1b[K\n')}\x1b[J` : picture);
  }
  if (values.once) socket.end();
});
lines.on('close', () => {
  clearTimeout(silence);
  if (!values.once) console.error('heddle: the system has ended');
});
if (live) process.stdout.write('\x1b[2J');
