import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './program.ts';
import { rows, type StartedStream, startStream } from './stream-program.ts';

const folder = temporaryFolder();
const db = join(folder, 'syslog.db');
const MAX_MESSAGE = 2000;
const MOST = 8;
let stream: StartedStream;
let address: { host: string; port: number };

beforeAll(async () => {
  const config = join(folder, 'syslog.toml');
  writeFileSync(
    config,
    `[[sources]]
kind = "syslog"
port = 0
maxLineBytes = ${MAX_MESSAGE}
maxConnections = ${MOST}
lineTimeoutMs = 1500
idleTimeoutMs = 20000

[sink]
kind = "sqlite"
path = "syslog.db"
columns = ["appName", "severity", "message"]
`,
  );
  stream = startStream(['--config', config]);
  address = await stream.address('syslog');
});
afterAll(() => {
  stream.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const message = (app: string, text: string): string =>
  `<165>1 2026-11-27T12:00:00.003Z loom ${app} 8710 ID47 [a@32473 k="v"] ${text}`;
const counted = (text: string): string => `${Buffer.byteLength(text)} ${text}`;

function open(): { socket: Socket; closed: Promise<void> } {
  const socket = connect({ ...address, allowHalfOpen: true });
  // A connection that is cut is reset if it still sends.
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise<void>(resolve => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  return { socket, closed };
}

/** Resolves when so many messages of an app are stored, to their texts in the order of their coming. */
async function stored(app: string, count: number): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = rows<{ message: string }>(
      db,
      `SELECT message FROM records WHERE appName = '${app}' ORDER BY CAST(substr(_key, 1 + length(rtrim(_key, '0123456789'))) AS INTEGER)`,
    );
    if (found.length >= count || tries === 400) return found.map(row => row.message);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

async function deadLetters(like: string, count: number): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = rows<{ error: string }>(db, `SELECT error FROM dead_letters WHERE text LIKE '%${like}%'`);
    if (found.length >= count || tries === 400) return found.map(({ error }) => error);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

describe('framing', () => {
  it('messages by octet counting and by line feeds, mixed on one connection, are told apart one by one', async () => {
    const { socket } = open();
    const texts = ['counted', 'two\nlines in a counted one', 'by line feed', 'grüße ✓', 'last, by its end'];
    socket.end(
      counted(message('mixed', texts[0]!)) +
        counted(message('mixed', texts[1]!)) +
        `${message('mixed', texts[2]!)}\n` +
        // Some senders put a line feed behind a counted message as well.
        `${counted(message('mixed', texts[3]!))}\n` +
        message('mixed', texts[4]!),
    );
    expect(await stored('mixed', 5)).toEqual(texts);
  });

  it('messages that come byte by byte, cut in the middle of a character and of a length, arrive whole', async () => {
    const { socket } = open();
    socket.setNoDelay(true);
    const bytes = Buffer.from(
      `${counted(message('bytes', '\u{FEFF}grüße ✓'))}${message('bytes', 'grüße, zum zweiten')}\r\n`,
    );
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await stored('bytes', 2)).toEqual(['grüße ✓', 'grüße, zum zweiten']);
    socket.destroy();
  });

  it('what is no syslog is a dead letter that says where, and the next message is stored', async () => {
    const { socket } = open();
    socket.write(
      `GET / HTTP/1.1 bad-a\r\n<999>1 - - bad-b - - - x\n${counted('<13>1 yesterday - bad-c - - - x')}`,
    );
    socket.write(Buffer.concat([Buffer.of(255, 254), Buffer.from(' bad-d\n')]));
    socket.end(`${message('after-bad', 'good')}\n`);
    expect(await stored('after-bad', 1)).toEqual(['good']);
    expect(await deadLetters('bad-a', 1)).toEqual([expect.stringContaining('at character 1')]);
    expect(await deadLetters('bad-b', 1)).toEqual([expect.stringContaining('at most 191')]);
    expect(await deadLetters('bad-c', 1)).toEqual([
      expect.stringContaining('"yesterday" is not a timestamp'),
    ]);
    expect(await deadLetters('bad-d', 1)).toEqual([expect.stringContaining('expected <priority>version')]);
  });
});

describe('huge', () => {
  it('a line that is too long is a dead letter with its beginning, and the next one is stored', async () => {
    const { socket } = open();
    socket.end(`${message('huge', 'huge-line'.repeat(5000))}\n${message('after-huge', 'good')}\n`);
    expect(await stored('after-huge', 1)).toEqual(['good']);
    expect(await deadLetters('huge-line', 1)).toEqual([
      `the line is longer than ${MAX_MESSAGE} bytes; only its beginning is kept`,
    ]);
  });

  it('a length that is too large ends the connection at once, and what came before it is stored', async () => {
    const { socket, closed } = open();
    socket.write(`${counted(message('before-huge', 'good'))}999999999 <13>1 `);
    await closed;
    await stream.says(`a message of 999999999 bytes was announced, and at most ${MAX_MESSAGE} are allowed`);
    expect(await stored('before-huge', 1)).toEqual(['good']);
    socket.destroy();
  });

  it('a hundred megabytes without a line feed cost no more memory than a message may have', async () => {
    const resident = (): number => {
      const status = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${stream.child.pid}/status`, 'utf8'));
      return status === null ? 0 : Number(status[1]) / 1024;
    };
    const before = process.platform === 'linux' ? resident() : 0;
    const { socket, closed } = open();
    const chunk = Buffer.alloc(1024 * 1024, 120);
    for (let i = 0; i < 100 && !socket.destroyed; i++)
      if (!socket.write(chunk)) await Promise.race([new Promise(go => socket.once('drain', go)), closed]);
    socket.end('\n');
    await closed;
    if (process.platform === 'linux') expect(resident() - before).toBeLessThan(60);
  });
});

describe('slow and half-open', () => {
  it('a counted message that drips is given up in time, and the whole ones before it are stored', async () => {
    const { socket, closed } = open();
    socket.write(`${counted(message('before-drip', 'good'))}500 <13>1 `);
    const dripping = setInterval(() => socket.write('x'), 50);
    await closed;
    clearInterval(dripping);
    socket.destroy();
    await stream.says('a message was begun and not ended within 1500 ms');
    expect(await stored('before-drip', 1)).toEqual(['good']);
  });

  it('a length that drips is given up too', async () => {
    const { socket, closed } = open();
    socket.write('1');
    await closed;
    socket.destroy();
  });

  it('who closes his half after the last message has lost nothing; who does so within a counted one is told in the log', async () => {
    const { socket, closed } = open();
    socket.end(`${counted(message('half', 'whole'))}200 <13>1 - - half - - - cut off`);
    await closed;
    await stream.says('the connection ended in the middle of a message');
    expect(await stored('half', 1)).toEqual(['whole']);
  });

  it('a reset in the middle of a message disturbs nobody', async () => {
    for (const text of ['<13>1 - - reset', '100 <13>1 -', '12']) {
      const { socket } = open();
      await new Promise(resolve => socket.once('connect', resolve));
      socket.write(text, () => socket.resetAndDestroy());
    }
    const { socket } = open();
    socket.end(`${message('after-reset', 'good')}\n`);
    expect(await stored('after-reset', 1)).toEqual(['good']);
  });
});

describe('many', () => {
  it('one connection too many is closed, if all others have sent something, and there is room again when one has gone', async () => {
    const working = Array.from({ length: MOST }, () => open());
    for (const [i, { socket }] of working.entries()) socket.write(`${message('working', String(i))}\n`);
    expect(await stored('working', MOST)).toHaveLength(MOST);
    const refused = open();
    await refused.closed;
    await stream.says('a connection was refused: there are too many');
    working[0]!.socket.end();
    await working[0]!.closed;
    const next = open();
    next.socket.end(`${message('next', 'good')}\n`);
    expect(await stored('next', 1)).toEqual(['good']);
    for (const { socket } of [refused, ...working]) socket.destroy();
  });

  it('who opens many connections and says nothing, or half of a message, locks nobody out', async () => {
    const silent = Array.from({ length: 20 * MOST }, (_, i) => {
      const connection = open();
      if (i % 2 === 0) connection.socket.write('100 <13>');
      return connection;
    });
    await Promise.any(silent.map(({ closed }) => closed));
    const late = open();
    late.socket.end(counted(message('late', 'good')));
    expect(await stored('late', 1)).toEqual(['good']);
    for (const { socket } of silent) socket.destroy();
  });
});

it('in the end every message is accounted for, and no thread has died', async () => {
  const { code, report, stderr } = await stream.interrupt();
  expect(code).toBe(130);
  expect(report.in).toBe(report.stored + report.dead);
  expect(report.restarts).toBe(0);
  expect(stderr).not.toContain('"level":50');
});
