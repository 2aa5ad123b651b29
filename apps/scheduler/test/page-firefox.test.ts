import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIREFOX, Firefox, KEY } from './firefox.ts';
import { type Served, serve, temporaryFolder, until } from './program.ts';

// CI installs it; on a machine without it there is nothing to operate the page with.
describe.skipIf(!existsSync(FIREFOX))('the page, in Firefox', () => {
  let folder: string;
  let served: Served;
  let page: Firefox;

  beforeAll(async () => {
    folder = temporaryFolder();
    [served, page] = await Promise.all([
      serve(['--db', join(folder, 'page.db')], { timeout: 300_000 }),
      Firefox.launch(true),
    ]);
    await page.resize(1280, 900);
    await page.open(served.page);
  }, 120_000);

  afterAll(async () => {
    await page.close();
    await served.stop();
    rmSync(folder, { recursive: true });
  });

  const there = (selector: string): Promise<unknown> =>
    until(
      () => page.evaluate<boolean>(`document.querySelector(${JSON.stringify(selector)}) !== null`),
      selector,
    );
  const shows = (selector: string, part: string): Promise<unknown> =>
    until(
      () =>
        page.evaluate<boolean>(
          `document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(part)}) === true`,
        ),
      `${selector} to show ${part}`,
    );

  /** Goes on, or back, by Tab until an element has the focus. Beyond the page's end lies Firefox itself. */
  async function tabTo(selector: string): Promise<void> {
    const look = `(() => {
      const { activeElement } = document;
      const wanted = document.querySelector(${JSON.stringify(selector)});
      if (activeElement === wanted) return 'there';
      const isBefore = (activeElement.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
      return isBefore ? 'back' : 'on';
    })()`;
    for (let step = 0; step < 80; step++) {
      const where = await page.evaluate<string>(look);
      if (where === 'there') return;
      await page.press([KEY.tab], where === 'back' ? [KEY.shift] : []);
    }
    throw new Error(`Tab does not lead to ${selector}`);
  }

  async function picture(name: string): Promise<void> {
    const place = process.env['HEDDLE_SCREENSHOTS'];
    if (place === undefined) return;
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `firefox-${name}.png`), await page.picture());
  }

  test('a job is added, run, looked at and paused by keyboard alone', async () => {
    await there('#health.ok');
    await page.press('n');
    await there('#job-dialog[open]');
    await page.press('by-firefox');
    await tabTo('[name=module]');
    await page.press('jobs.js');
    await tabTo('[name=when]:checked');
    await page.press([KEY.right]);
    await tabTo('[name=every]');
    await page.press('soon');
    await page.press([KEY.enter]);
    await there('[name=every][aria-invalid=true]');
    await page.press('a', [KEY.control]);
    await page.press('10m');
    await shows('#preview', 'next: ');
    await picture('add');
    await page.press([KEY.enter]);
    await there('#jobs tr[data-key=by-firefox]');
    await tabTo('[aria-label="Run by-firefox now"]');
    await page.press([KEY.enter]);
    await there('#history .state.succeeded');
    await tabTo('[aria-label^="Details of by-firefox@"]');
    await page.press([KEY.enter]);
    await shows('#run-body', 'printed by by-firefox');
    await picture('details');
    await page.press([KEY.escape]);
    await tabTo('[aria-label="Pause by-firefox"]');
    await page.press([KEY.enter]);
    await there('[aria-label="Resume by-firefox"]');
    await page.press([KEY.enter]);
    await there('[aria-label="Pause by-firefox"]');
  });

  test('runs that go on, wait, or will be tried again are cancelled by mouse', async () => {
    const sleep = { module: 'jobs.js', export: 'sleep', args: { ms: 600_000 } };
    await served.send('POST', 'api/jobs', { id: 'long', schedule: { every: '1h' }, run: sleep, group: 'g' });
    await served.send('POST', 'api/jobs', { id: 'held', schedule: { every: '1h' }, run: sleep, group: 'g' });
    await served.send('POST', 'api/jobs', {
      id: 'flaky',
      schedule: { every: '1h' },
      run: { module: 'jobs.js', export: 'boom' },
      retry: { attempts: 5, min: '10m' },
    });
    await served.send('PUT', 'api/groups/g', { most: 1 });
    for (const id of ['long', 'held', 'flaky']) await served.send('POST', `api/jobs/${id}/run`);
    await shows('#history', 'tried again at ');
    await shows('#history', 'queued');
    await picture('busy');
    for (const [id, table] of [
      ['flaky', 'history'],
      ['held', 'history'],
      ['long', 'running'],
    ] as const) {
      const button = `#${table} [aria-label^="Cancel ${id}@"]`;
      // The page is alive: what is clicked may have moved since its place was asked for. Then it is still there, and clicked again.
      await until(async () => {
        const { runs } = (await (await served.get(`api/runs?job=${id}&limit=1`)).json()) as {
          runs: { state: string }[];
        };
        if (runs[0]!.state === 'cancelled') return true;
        if (await page.evaluate<boolean>(`document.querySelector(${JSON.stringify(button)}) !== null`))
          await page.click(button).catch(() => {});
        return false;
      }, `${id} to be cancelled`);
    }
    await shows('#running', 'nothing runs');
  });

  test('a job is changed and removed by mouse', async () => {
    await page.click('[aria-label="Edit by-firefox"]');
    await there('#job-dialog[open]');
    await page.click('[name=description]');
    await page.press('now described');
    await page.click('#job-save');
    await shows('#jobs tr[data-key=by-firefox]', 'now described');
    await page.click('[aria-label="Remove by-firefox"]');
    await there('#confirm-dialog[open]');
    await page.click('#confirm-dialog [value=yes]');
    await until(
      () => page.evaluate<boolean>(`document.querySelector('#jobs tr[data-key=by-firefox]') === null`),
      'it to go',
    );
  });

  test('on a narrow screen nothing hangs over the edge', async () => {
    await page.resize(390, 844);
    await there('#jobs tbody tr');
    await until(() => page.evaluate<boolean>('document.documentElement.scrollWidth <= 390'), 'it to fit');
    await picture('narrow');
  });

  test('nothing was complained of', () => {
    // The wrong interval was refused with 400, on purpose.
    expect(page.complaints.filter(each => !each.includes('400'))).toEqual([]);
  });
});
