import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './program.ts';
import { rows, runStream, Sender, startStream } from './stream-program.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** Waits until a query over a database that is being written gives what is expected. */
async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    try {
      if (check()) return;
    } catch {
      // It isn't there yet, or busy.
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('it never came to be');
}
const bodies = (db: string): string[] =>
  rows<{ _body: string }>(db, 'SELECT _body FROM records ORDER BY _id').map(row => row._body);

describe('files', () => {
  it('are found by patterns, read to their last line, and only what is new is read the next time', async () => {
    writeFileSync(at('a.log'), 'one\ntwo\r\nthree');
    writeFileSync(at('b.log'), 'four\n');
    const args = ['--files', at('*.log'), '--sqlite', at('files.db')];
    expect((await runStream(args)).report).toMatchObject({ in: 4, stored: 4 });
    expect(bodies(at('files.db')).toSorted()).toEqual(['"four"', '"one"', '"three"', '"two"']);
    appendFileSync(at('b.log'), 'five\n');
    expect((await runStream(args)).report).toMatchObject({ in: 1, stored: 1, duplicates: 0 });
  });

  it('that no pattern matches are an error that names the pattern', async () => {
    const { code, stderr } = await runStream(['--files', at('none-*'), '--sqlite', at('none.db')]);
    expect(code).toBe(1);
    expect(stderr).toContain('no file matches');
  });
});

describe('followed files', () => {
  it('are read as they grow, are renamed, are cut off, and while the program was not running', async () => {
    const [log, db] = [at('app.txt'), at('follow.db')];
    const args = ['--follow', log, '--sqlite', db];
    const count = (): number => rows<{ n: number }>(db, 'SELECT count(*) AS n FROM records')[0]!.n;
    writeFileSync(log, 'a first line that is long enough\n');
    let stream = startStream(args);
    await until(() => count() === 1);
    appendFileSync(log, '2\nunfin');
    await until(() => count() === 2);
    appendFileSync(log, 'ished\n');
    await until(() => count() === 3);
    // Rotated: what is still written to the old one, and what is written to the new one.
    renameSync(log, at('app.txt.1'));
    appendFileSync(at('app.txt.1'), '4, into the old file\n');
    writeFileSync(log, '5, into the new file\n');
    await until(() => count() === 5);
    // Cut off in place, and written anew.
    truncateSync(log, 0);
    appendFileSync(log, '6, after it was cut off, which is longer than what was there\n');
    await until(() => count() === 6);
    expect((await stream.interrupt()).code).toBe(130);
    // Rotated while nobody looked.
    appendFileSync(log, '7, while it was away\n');
    renameSync(log, at('app.txt.2'));
    writeFileSync(log, '8, in a new file\n');
    stream = startStream(args);
    await until(() => count() === 8);
    const { report } = await stream.interrupt();
    expect(report).toMatchObject({ in: 2, stored: 2, duplicates: 0 });
    const texts = bodies(db).map(body => JSON.parse(body) as string);
    expect(texts.slice(0, 3)).toEqual(['a first line that is long enough', '2', 'unfinished']);
    expect(texts.map(text => text[0]).toSorted()).toEqual(['2', '4', '5', '6', '7', '8', 'a', 'u']);
  });
});

describe('TCP', () => {
  it('acknowledges lines when they are stored, tells of dead letters, and answers a sender that has closed its side', async () => {
    const db = at('tcp.db');
    const stream = startStream(['--tcp', '0', '--ack', '--sqlite', db]);
    const sender = new Sender(await stream.address('tcp'));
    sender.send('{"n":1}\n{"n":2}\n');
    await sender.reply(({ ack }) => ack === 2);
    expect(rows(db, 'SELECT count(*) AS n FROM records')).toEqual([{ n: 2 }]);
    sender.send('{"n":3}\nnot json\n{"n":4}');
    sender.socket.end();
    await sender.closed;
    expect(sender.replies.at(-1)).toEqual({ ack: 5 });
    expect(sender.replies.find(({ line }) => line === 4)?.error).toContain('not JSON');
    expect((await stream.interrupt()).report).toMatchObject({ in: 5, stored: 4, dead: 1 });
  });
});

describe('HTTP', () => {
  it('answers when all is stored, and takes the same request twice without storing it twice', async () => {
    const db = at('http.db');
    const stream = startStream(['--http', '0', '--sqlite', db]);
    const { port } = await stream.address('http');
    const post = async (
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = {},
    ): Promise<[number, Record<string, unknown>]> => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers });
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    const key = { 'Idempotency-Key': 'batch-1' };
    expect(await post('{"n":1}\n{"n":2}', key)).toEqual([
      200,
      { lines: 2, committed: 2, dropped: 0, dead: 0, errors: [] },
    ]);
    expect(rows(db, 'SELECT count(*) AS n FROM records')).toEqual([{ n: 2 }]);
    expect((await post('{"n":1}\n{"n":2}', key))[0]).toBe(200);
    const [status, answer] = await post('{"n":3}\n{oops\n');
    expect(status).toBe(422);
    expect(answer).toMatchObject({ committed: 1, dead: 1, errors: [{ line: 2 }] });
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/other`, { method: 'POST', body: '1' })).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body: '1' })).status).toBe(405);
    expect((await post('1', { Origin: 'http://evil.example' }))[0]).toBe(403);
    expect((await post('1', { 'Content-Encoding': 'gzip' }))[0]).toBe(415);
    const { report } = await stream.interrupt();
    expect(report).toMatchObject({ in: 6, stored: 5, dead: 1, rows: 3, duplicates: 2 });
  });
});

describe('syslog', () => {
  it('takes both framings in one connection, and refuses what is not RFC 5424 without ending it', async () => {
    const db = at('syslog.db');
    const stream = startStream(['--syslog', '0', '--sqlite', db, '--columns', 'severity,appName,message']);
    const sender = new Sender(await stream.address('syslog'));
    const message = '<165>1 2026-11-26T22:14:15.003Z host app 1234 ID47 [x@1 k="v\\"\\]"] grüße';
    const counted = Buffer.from(message);
    sender.send(
      Buffer.concat([
        Buffer.from(`${counted.length} `),
        counted,
        Buffer.from('<13>1 - - lf - - - by line feed\n'),
        Buffer.from('<13>nonsense\n'),
      ]),
    );
    await until(
      () =>
        rows(db, 'SELECT 1 FROM records').length === 2 && rows(db, 'SELECT 1 FROM dead_letters').length === 1,
    );
    sender.socket.end();
    expect(rows(db, 'SELECT severity, appName, message FROM records ORDER BY appName')).toEqual([
      { severity: 5, appName: 'app', message: 'grüße' },
      { severity: 5, appName: 'lf', message: 'by line feed' },
    ]);
    expect((await stream.interrupt()).report).toMatchObject({ in: 3, stored: 2, dead: 1 });
  });
});
