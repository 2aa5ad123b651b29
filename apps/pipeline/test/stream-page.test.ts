import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from './browser.ts';
import { temporaryFolder } from './program.ts';
import { Sender, startStream } from './stream-program.ts';

const folder = temporaryFolder();
const POISON = fileURLToPath(new URL('./poison.mjs', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// `noBrowser` is the reason why they are skipped where they are.
describe.skipIf(noBrowser !== undefined)('the live page, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it(
    'shows what happens, says what died of what, and stops the stream by keyboard, in a narrow window too',
    { timeout: 120_000 },
    async () => {
      const stream = startStream([
        '--tcp',
        '0',
        '--ack',
        '--web',
        '0',
        '--transform',
        POISON,
        '--workers',
        '2',
        '--sqlite',
        join(folder, 'page.db'),
      ]);
      const web = await stream.address('web');
      const sender = new Sender(await stream.address('tcp'));
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      const problems: string[] = [];
      page.on('pageerror', error => problems.push(String(error)));
      page.on('console', message => message.type() === 'error' && problems.push(message.text()));
      await page.goto(`http://127.0.0.1:${web.port}/`);
      await page.getByRole('status').getByText('running').waitFor();
      const hostile = '<img src=x onerror=alert(1)>';
      sender.send(`${JSON.stringify({ id: hostile, do: 'throw' })}\n{"id":2,"do":"exit"}\n{"id":3}\n`);
      await sender.reply(({ ack }) => ack === 3);

      const dead = page.getByRole('region', { name: 'Dead letters' });
      await dead.getByText(`RangeError: no good: ${hostile}`).waitFor();
      await dead.getByText('process.exit(3) was called').waitFor();
      expect(await page.locator('img').count()).toBe(0);
      const tree = page.locator('#tree');
      await tree.getByText(/^1 restart$/).waitFor();
      expect(await tree.innerText()).toMatch(
        /stream running[\s\S]*tcp[\s\S]*transform-1[\s\S]*transform-2[\s\S]*sink/,
      );
      for (const name of ['Throughput', 'Latency', 'Queue depths']) {
        expect(
          await page
            .getByRole('img', { name: new RegExp(`^${name} over time`) })
            .locator('canvas')
            .count(),
        ).toBe(1);
      }
      await page.getByRole('img', { name: /^transform-1: \d+ % working, \d+ % waiting to get/ }).waitFor();

      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 360, height: 700 });
      // Nothing is cut off to the right, once the plots have followed the window: they do so when they are drawn next.
      await page.waitForFunction('document.documentElement.scrollWidth <= 360', undefined, {
        timeout: 20_000,
      });

      // Something that is still at work when intake has ended, and until the page has said so.
      const seen = join(folder, 'seen');
      sender.send(`${JSON.stringify({ id: 4, do: 'wait', for: seen })}\n`);
      await page
        .getByText('waiting', { exact: true })
        .locator('xpath=following-sibling::dd')
        .getByText('1', { exact: true })
        .waitFor();
      const stop = page.getByRole('button', { name: 'Stop' });
      for (
        let presses = 0;
        presses < 5 && !(await stop.evaluate('document.activeElement?.id === "stop"'));
        presses++
      )
        await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('1 line left').waitFor();
      expect(await stop.isDisabled()).toBe(true);
      writeFileSync(seen, '');
      const { code, stdout } = await stream.ended;
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ in: 4, stored: 2, dead: 2, restarts: 1 });
      await page
        .getByRole('status')
        .getByText(/ended|no connection/)
        .waitFor();
      expect(problems.filter(problem => !problem.includes('ERR_'))).toEqual([]);
      await page.close();
    },
  );

  it('shows what the server of the HTTP sink refused, and why', { timeout: 60_000 }, async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const server = createServer((message, response) => {
      message.resume().on('end', () => response.writeHead(422).end(hostile));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
    const stream = startStream(['--tcp', '0', '--web', '0', '--post', url], { cwd: folder });
    const web = await stream.address('web');
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${web.port}/`);
    new Sender(await stream.address('tcp')).send('{"id":"refused"}\n');
    const row = page.getByRole('region', { name: 'Dead letters' }).getByRole('row', { name: /refused/ });
    await row.getByText(`${url} answered 422 Unprocessable Entity: ${hostile}`).waitFor();
    await row.getByText('{"id":"refused"}').waitFor();
    expect(await page.locator('img').count()).toBe(0);
    await page.close();
    expect((await stream.interrupt()).report).toMatchObject({ in: 1, stored: 0, dead: 1 });
    server.close();
    server.closeAllConnections();
  });
});

describe('who may talk to the page', () => {
  const get = (
    port: number,
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; cookie: string | undefined }> =>
    new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', path, headers, method, agent: false }, response => {
        response.resume();
        response.on('end', () =>
          resolve({ status: response.statusCode!, cookie: response.headers['set-cookie']?.[0] }),
        );
      })
        .on('error', reject)
        .end();
    });

  it('is checked by Host and Origin on loopback, and by a token beyond', async () => {
    const open = startStream(['--tcp', '0', '--web', '0', '--sqlite', join(folder, 'open.db')]);
    const { port } = await open.address('web');
    expect((await get(port, '/')).status).toBe(200);
    expect((await get(port, '/', { Host: 'evil.example' })).status).toBe(403);
    expect((await get(port, '/api/stop', { Origin: 'http://evil.example' }, 'POST')).status).toBe(403);
    expect((await get(port, '/../../package.json')).status).toBe(404);
    expect((await get(port, '//')).status).toBe(400);
    expect((await get(port, '/api/stop')).status).toBe(405);
    // Who opens many connections and says nothing locks nobody out.
    const silent = Array.from({ length: 400 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(silent.map(socket => new Promise(resolve => socket.once('connect', resolve))));
    for (let i = 0; i < 5; i++) expect((await get(port, '/')).status).toBe(200);
    for (const socket of silent) socket.destroy();
    expect(
      (
        await get(
          port,
          '/api/stop',
          { Origin: `http://127.0.0.1:${port}`, Host: `127.0.0.1:${port}` },
          'POST',
        )
      ).status,
    ).toBe(202);
    expect((await open.ended).code).toBe(0);

    const refused = await startStream([
      '--tcp',
      '0',
      '--web',
      '0.0.0.0:0',
      '--sqlite',
      join(folder, 'open.db'),
    ]).ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('web.host is not this machine alone, so a token is needed');

    const closed = startStream([
      '--tcp',
      '0',
      '--web',
      '0.0.0.0:0',
      '--token',
      'secret',
      '--sqlite',
      join(folder, 'open.db'),
    ]);
    const other = (await closed.address('web')).port;
    expect((await get(other, '/')).status).toBe(401);
    expect((await get(other, '/?token=wrong')).status).toBe(401);
    expect((await get(other, '/', { Cookie: 'heddle-pipeline=%' })).status).toBe(401);
    const { status, cookie } = await get(other, '/?token=secret');
    expect(status).toBe(303);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await get(other, '/api/state', { Cookie: cookie!.split(';')[0]! })).status).toBe(200);
    expect((await get(other, '/api/state', { Authorization: 'Bearer secret' })).status).toBe(200);
    await closed.interrupt();
  });
});
