import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './program.ts';
import { rows, Sender, type StartedStream, startStream } from './stream-program.ts';

const folder = temporaryFolder();
const db = join(folder, 'hostile.db');
const MAX_LINE = 10_000;
let stream: StartedStream;
/** Of the source over TCP. */
let port: number;
/** Well-behaved, beside everything: it must get its acknowledgements all the time. */
let good: Sender;
let goodLines = 0;
let dead = 0;

beforeAll(async () => {
  const limits = `port = 0\nmaxLineBytes = ${MAX_LINE}\nlineTimeoutMs = 1500\nmaxConnections = 20\n`;
  const config = join(folder, 'hostile.toml');
  writeFileSync(
    config,
    `[[sources]]\nkind = "tcp"\nack = true\nidleTimeoutMs = 60000\n${limits}[[sources]]\nkind = "http"\n${limits}[[sources]]\nkind = "syslog"\n${limits}[sink]\nkind = "sqlite"\npath = "hostile.db"\n`,
  );
  stream = startStream(['--config', config]);
  ({ port } = await stream.address('tcp'));
  good = new Sender({ host: '127.0.0.1', port });
});
afterAll(() => {
  stream.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function goodGoesOn(): Promise<void> {
  good.send('{"good":true}\n');
  goodLines += 1;
  await good.reply(({ ack }) => ack === goodLines);
}

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('over TCP', () => {
  it.each([
    ['a line that is too long', `"${'x'.repeat(3 * MAX_LINE)}"\n`, 'longer than 10000 bytes'],
    ['binary', Uint8Array.of(0, 1, 2, 255, 254, 10), 'not UTF-8, from byte 4 on'],
    ['broken UTF-8 in a text', Uint8Array.of(34, 0xc3, 34, 10), 'not UTF-8, from byte 2 on'],
    ['JSON that ends too soon', '{"a":\n', 'not JSON'],
    ['a zero byte', '"a\0b"\n', 'not JSON'],
    ['words', 'GET / HTTP/1.1\r\n', 'not JSON'],
  ])('%s gets an error that names its line, and the next line is stored', async (_, bytes, error) => {
    const sender = new Sender(await stream.address('tcp'));
    sender.send(bytes);
    sender.send('{"after":1}\n');
    await sender.reply(({ ack }) => ack === 2);
    expect(sender.replies.find(reply => reply.error !== undefined)).toMatchObject({
      line: 1,
      error: expect.stringContaining(error) as string,
    });
    sender.socket.destroy();
    dead += 1;
    await goodGoesOn();
  });

  it('deep JSON is stored, or a dead letter, and kills nothing', async () => {
    const sender = new Sender(await stream.address('tcp'));
    sender.send(`${deep(4900)}\n`);
    await sender.reply(({ ack }) => ack === 1);
    sender.socket.destroy();
    await goodGoesOn();
  });

  it('__proto__ and constructor are properties like any other', async () => {
    const sender = new Sender(await stream.address('tcp'));
    sender.send('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}\n');
    await sender.reply(({ ack }) => ack === 1);
    expect(rows(db, `SELECT _body FROM records WHERE _body LIKE '%polluted%'`)).toHaveLength(1);
    sender.socket.destroy();
    await goodGoesOn();
  });

  it('a line that never ends, byte by byte, ends its connection in time, with the reason', async () => {
    const sender = new Sender(await stream.address('tcp'));
    const dripping = setInterval(() => sender.send('x'), 50);
    await sender.reply(({ error }) => error?.includes('not ended within 1500 ms') === true);
    await sender.closed;
    clearInterval(dripping);
    await goodGoesOn();
  });

  it('lines that come steadily, in pieces that always end in the middle of one, are no such thing', async () => {
    const sender = new Sender(await stream.address('tcp'));
    sender.send('{"n":');
    for (let i = 0; i < 20; i++) {
      await new Promise(resolve => setTimeout(resolve, 100));
      sender.send(`${i}}\n{"n":`);
    }
    sender.send('20}\n');
    await sender.reply(({ ack }) => ack === 21);
    expect(sender.replies.filter(({ error }) => error !== undefined)).toEqual([]);
    sender.socket.destroy();
    await goodGoesOn();
  });

  it('a gigabyte without a line feed costs no more memory than a line may have', async () => {
    const sender = new Sender(await stream.address('tcp'));
    const chunk = Buffer.alloc(1024 * 1024, 120);
    const gone = new Promise<void>(resolve => sender.socket.once('close', () => resolve()));
    const flood = (): void => {
      while (!sender.socket.destroyed && sender.socket.write(chunk));
      if (!sender.socket.destroyed) sender.socket.once('drain', flood);
    };
    flood();
    await sender.reply(({ error }) => error !== undefined);
    await sender.closed;
    sender.socket.destroy();
    await gone;
    await goodGoesOn();
  });

  it('more connections than are allowed are refused with a reason, if all others have sent something', async () => {
    // The good one is the twentieth.
    const working = Array.from({ length: 19 }, () => new Sender({ host: '127.0.0.1', port }));
    for (const sender of working) {
      sender.send('{"n":1}\n');
      await sender.reply(({ ack }) => ack === 1);
    }
    const refused = new Sender({ host: '127.0.0.1', port });
    await refused.reply(({ error }) => error === 'there are 20 connections already');
    await refused.closed;
    for (const { socket } of working) socket.destroy();
    await goodGoesOn();
  });

  it('who opens many connections and says nothing locks nobody out', async () => {
    const silent = Array.from({ length: 200 }, () => new Sender({ host: '127.0.0.1', port }));
    await Promise.any(
      silent.map(sender =>
        sender.reply(({ error }) => error?.includes('no line came over this one') === true),
      ),
    );
    const late = new Sender({ host: '127.0.0.1', port });
    late.send('{"late":1}\n');
    await late.reply(({ ack }) => ack === 1);
    await goodGoesOn();
    for (const { socket } of [late, ...silent]) socket.destroy();
  });

  it('a sender that closes at once, and one that resets, disturb nobody', async () => {
    for (let i = 0; i < 5; i++) {
      const sender = new Sender(await stream.address('tcp'));
      sender.send('{"half');
      if (i % 2 === 0) sender.socket.resetAndDestroy();
      else sender.socket.end();
    }
    await goodGoesOn();
  });
});

describe('over syslog', () => {
  it.each(['99999999999 x', '12x <13>1', '20000 <13>1 - - a - - - x'])(
    'a broken frame (%s) ends that connection alone',
    async frame => {
      const sender = new Sender(await stream.address('syslog-3'));
      sender.send(frame);
      await sender.closed;
      await goodGoesOn();
    },
  );
});

describe('over HTTP', () => {
  const raw = async (text: string, half = false): Promise<string> => {
    const { host, port } = await stream.address('http-2');
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, allowHalfOpen: true });
      let answer = '';
      socket.setEncoding('utf8').on('data', part => (answer += String(part)));
      socket.on('end', () => {
        socket.destroy();
        resolve(answer);
      });
      socket.on('error', reject);
      if (half) socket.end(text);
      else socket.write(text);
    });
  };

  it.each([
    ['what is not HTTP', '{"n":1}\n\n', /^HTTP\/1\.1 400/],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431/,
    ],
    [
      'a host of another name',
      'POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n1\n',
      /^HTTP\/1\.1 403[\s\S]*must name this machine/,
    ],
    [
      'a body that stops coming',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"n":1}\n{"n',
      /^HTTP\/1\.1 408[\s\S]*"lines":1,"committed":1/,
    ],
    [
      'an address that is none',
      'POST // HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n1\n',
      /^HTTP\/1\.1 400/,
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400/,
    ],
  ])('%s gets a clear error', async (_, text, answer) => {
    expect(await raw(text)).toMatch(answer);
    await goodGoesOn();
  });

  it('a body that comes byte by byte, a line without end, is given up in time', async () => {
    const { host, port } = await stream.address('http-2');
    const socket = connect({ host, port, allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8').on('data', part => (answer += String(part)));
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"n":1}\n');
    const dripping = setInterval(() => socket.write('x'), 50);
    await new Promise(resolve => socket.once('end', resolve));
    clearInterval(dripping);
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 408[\s\S]*not ended within 1500 ms[\s\S]*"lines":1,"committed":1/);
    await goodGoesOn();
  });

  it('who sends a head and half of a line over as many connections as there may be locks nobody out', async () => {
    const { host, port } = await stream.address('http-2');
    const halves = Array.from({ length: 25 }, () => {
      const socket = connect({ host, port }).on('error', () => {});
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"half');
      return socket;
    });
    await Promise.all(halves.map(socket => new Promise(resolve => socket.once('connect', resolve))));
    // What these have sent is read before what comes after it.
    await goodGoesOn();
    const text =
      'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{"late":1}\n';
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 200/);
    for (const socket of halves) socket.destroy();
    await goodGoesOn();
  });

  it('who opens many connections and says nothing, half of a head, or a head and half of a line, locks nobody out', async () => {
    const { host, port } = await stream.address('http-2');
    const silent = Array.from({ length: 200 }, (_, i) => {
      const socket = connect({ host, port }).on('error', () => {});
      if (i % 3 === 0) socket.write('POST / HTTP/1.1\r\nHost: loc');
      if (i % 3 === 1)
        socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"half');
      return socket;
    });
    await Promise.all(silent.map(socket => new Promise(resolve => socket.once('connect', resolve))));
    for (let i = 0; i < 5; i++) {
      // A connection of its own: one that rests from an earlier request is the first that has to give way.
      const text =
        'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{"late":1}\n';
      expect(await raw(text)).toMatch(/^HTTP\/1\.1 200/);
    }
    for (const socket of silent) socket.destroy();
    await goodGoesOn();
  });

  it('lines that are too long, binary or deep are told by their numbers', async () => {
    const { port } = await stream.address('http-2');
    const body = Buffer.concat([
      Buffer.from(`{"ok":1}\n"${'x'.repeat(2 * MAX_LINE)}"\n`),
      Buffer.of(255, 254, 10),
      Buffer.from('{"ok":2}\n'),
    ]);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      lines: 4,
      committed: 2,
      dead: 2,
      errors: expect.arrayContaining([
        expect.objectContaining({ line: 2 }),
        expect.objectContaining({ line: 3 }),
      ]) as unknown,
    });
    dead += 2;
    await goodGoesOn();
  });
});

describe('after all that', () => {
  it('every line is accounted for, and memory is as it was', async () => {
    const { code, report, stderr } = await stream.interrupt();
    expect(code).toBe(130);
    expect(report.in).toBe(report.stored + report.dead);
    expect(report.dead).toBeGreaterThanOrEqual(dead);
    expect(report.restarts).toBe(0);
    expect(rows(db, `SELECT 1 FROM records WHERE _body LIKE '%good%'`)).toHaveLength(goodLines);
    expect(stderr).not.toContain('"level":50');
  });
});
