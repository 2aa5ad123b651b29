import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Policy } from '../src/stream/intake/backlog.ts';

import type { Update } from '../src/stream/web/snapshot.ts';
import { temporaryFolder } from './program.ts';
import { rows, runStream, Sender, startStream } from './stream-program.ts';

const folder = temporaryFolder();
const SLOW = fileURLToPath(new URL('./slow.mjs', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sends lines as fast as they are taken, and no longer than `withinMs`. Returns how many were. */
async function flood({ socket }: Sender, count: number, withinMs: number): Promise<number> {
  const padding = 'x'.repeat(8000);
  const end = performance.now() + withinMs;
  for (let sent = 0; sent < count; sent++) {
    if (performance.now() > end) return sent;
    if (socket.write(`${JSON.stringify({ id: sent, padding })}\n`)) continue;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, end - performance.now());
      socket.once('drain', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  return count;
}

describe('a burst that the sink cannot keep up with', () => {
  // The transform takes 4 ms for each line: 250 lines a second, and the burst is many times that.
  const COUNT = 4000;
  const run = async (
    policy: Policy,
    withinMs: number,
  ): Promise<{ sent: number; report: Awaited<ReturnType<typeof runStream>>['report'] }> => {
    const config = join(folder, `${policy}.toml`);
    const transform = `[transform]\nmodule = ${JSON.stringify(SLOW)}\nworkers = 1\n`;
    writeFileSync(
      config,
      `[[sources]]\nkind = "tcp"\nport = 0\nack = true\n${transform}[queue]\npolicy = "${policy}"\nitems = 100\n[sink]\nkind = "sqlite"\npath = "${policy}.db"\n`,
    );
    const stream = startStream(['--config', config]);
    const sender = new Sender(await stream.address('tcp'));
    const sent = await flood(sender, COUNT, withinMs);
    if (sent < COUNT) sender.socket.destroy();
    else await sender.reply(({ ack }) => ack === COUNT);
    return { sent, report: (await stream.interrupt()).report };
  };

  it('block: the sender has to wait, and all that was taken is stored', async () => {
    const { sent, report } = await run('block', 1500);
    // 32 MB, more than the kernel's buffers on both sides take.
    expect(sent).toBeLessThan(COUNT);
    expect(report.in).toBeLessThan(COUNT);
    expect(report).toMatchObject({ stored: report.in, dropped: 0 });
  });

  // How `dropNew` differs is in `backlog.test.ts`.
  it('dropOld: the sender does not wait, and what is dropped is counted and settled', async () => {
    const { sent, report } = await run('dropOld', 40_000);
    expect(sent).toBe(COUNT);
    expect(report.dropped).toBeGreaterThan(500);
    expect(report).toMatchObject({ in: COUNT, stored: COUNT - report.dropped });
    const ids = rows<{ id: number }>(
      join(folder, 'dropOld.db'),
      `SELECT _body ->> 'id' AS id FROM records`,
    ).map(({ id }) => id);
    expect(ids).toContain(COUNT - 1);
  });

  it('spill: the sender does not wait, nothing is lost, and the disk is empty again', async () => {
    const config = join(folder, 'spill.toml');
    writeFileSync(
      config,
      `[[sources]]\nkind = "stdin"\n[transform]\nmodule = ${JSON.stringify(SLOW)}\nworkers = 2\n[queue]\npolicy = "spill"\nitems = 100\n[sink]\nkind = "sqlite"\npath = "spilled.db"\n`,
    );
    const lines = Array.from({ length: 4000 }, (_, i) => `fast ${i} ${'y'.repeat(200)}`);
    const { code, report } = await runStream(['--config', config], { input: lines.join('\n') });
    expect(code).toBe(0);
    expect(report).toMatchObject({ in: 4000, stored: 4000, dropped: 0 });
    expect(report.spilled).toBeGreaterThan(1000);
    const stored = rows<{ _body: string }>(join(folder, 'spilled.db'), 'SELECT _body FROM records').map(
      ({ _body }) => JSON.parse(_body) as string,
    );
    expect(stored.toSorted()).toEqual(lines.toSorted());
    expect(existsSync(join(folder, 'heddle-pipeline.spill', 'spill-0'))).toBe(false);
  });
});

describe('the HTTP sink', () => {
  it('posts a batch until the server takes it, with the same key, and what it refuses becomes dead letters', async () => {
    const seen: { key: string; body: string; status: number }[] = [];
    let calls = 0;
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', text => (body += String(text)));
      request.on('end', () => {
        calls += 1;
        const status = body.includes('"poison"') ? 400 : calls <= 2 ? 503 : 200;
        seen.push({ key: String(request.headers['idempotency-key']), body, status });
        response.writeHead(status).end('as it is');
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const stream = startStream(
      ['--tcp', '0', '--ack', '--web', '0', '--post', `http://127.0.0.1:${port}/in`],
      { cwd: folder },
    );
    const sender = new Sender(await stream.address('tcp'));
    sender.send('{"id":1}\n{"id":2}\n');
    await sender.reply(({ ack }) => ack === 2);
    // The two lines may have come in one batch or in two.
    expect(seen.map(({ status }) => status).slice(0, 3)).toEqual([503, 503, 200]);
    expect(new Set(seen.slice(0, 3).map(({ key }) => key)).size).toBe(1);
    const taken = seen.filter(({ status }) => status === 200).flatMap(({ body }) => body.trim().split('\n'));
    // In any order: there may be two threads.
    expect(
      taken.map(line => (JSON.parse(line) as { value: { id: number } }).value.id).toSorted((a, b) => a - b),
    ).toEqual([1, 2]);
    sender.send('{"id":"poison"}\n');
    // Its sender hears why, and the page shows it.
    const why = 'answered 400 Bad Request: as it is';
    await sender.reply(({ line, error }) => line === 3 && error!.includes(why));
    await sender.reply(({ ack }) => ack === 3);
    const web = await stream.address('web');
    const { snapshot } = (await (await fetch(`http://127.0.0.1:${web.port}/api/state`)).json()) as Update;
    expect(snapshot.dead).toEqual([
      expect.objectContaining({ error: expect.stringContaining(why), text: '{"id":"poison"}' }),
    ]);
    expect(snapshot.totals).toMatchObject({ in: 3, stored: 2, dead: 1, left: 0 });
    const { report } = await stream.interrupt();
    expect(report).toMatchObject({ in: 3, stored: 2, dead: 1, retries: 2 });
    expect(readFileSync(join(folder, 'heddle-pipeline.dead'), 'utf8')).toContain(
      'answered 400 Bad Request: as it is',
    );
    server.close();
    server.closeAllConnections();
  });
});

describe('a sink that fails', () => {
  it('a full disk ends the run with exit code 1, says what to do, and nothing unstored was acknowledged', async () => {
    const config = join(folder, 'full.toml');
    writeFileSync(
      config,
      `[[sources]]\nkind = "tcp"\nport = 0\nack = true\n[sink]\nkind = "sqlite"\npath = "full.db"\nmaxPages = 40\n`,
    );
    const stream = startStream(['--config', config]);
    const sender = new Sender(await stream.address('tcp'));
    for (let id = 0; id < 400; id++) sender.send(`${JSON.stringify({ id, text: 'z'.repeat(900) })}\n`);
    const { code, stderr } = await stream.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('the disk is full');
    const acknowledged = Math.max(0, ...sender.replies.map(({ ack }) => ack ?? 0));
    expect(rows(join(folder, 'full.db'), 'SELECT 1 FROM records').length).toBeGreaterThanOrEqual(
      acknowledged,
    );
  });

  it('that another program is using ends the run at once, and the other goes on', async () => {
    const args = ['--tcp', '0', '--sqlite', join(folder, 'shared.db')];
    const first = startStream(args);
    await first.address('tcp');
    const { code, stderr } = await startStream(args).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('shared.db is in use by another heddle-pipeline');
    expect((await first.interrupt()).code).toBe(130);
  });
});
