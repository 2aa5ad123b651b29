#!/usr/bin/env node
/** `heddle inspect <pid|socket>`: shows a running actor system, live. */
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Line } from '../observability/inspector.ts';
import { renderSystem } from './render.ts';

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
if (process.platform !== 'win32' && !existsSync(path)) {
  if (/^\d+$/.test(target) && !runs(Number(target))) fail(`heddle: there is no process ${target}`);
  fail(
    `heddle: there is no socket at ${path}: start the program with HEDDLE_INSPECT=1, and with the same TMPDIR`,
  );
}

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
    fail(`heddle: nobody listens at ${path}: the program has ended, and was killed before it could clean up`);
  fail(`heddle: ${path}: ${error.message}`);
});
const lines = createInterface({ input: socket });
let seen = 0;
lines.on('line', text => {
  seen += 1;
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
  if (!values.once) console.error('heddle: the system has ended');
});
if (live) process.stdout.write('\x1b[2J');
