import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve, temporaryFolder, until } from './program.ts';

const CHROMIUM = '/usr/bin/chromium';
const TOKEN = 'correct-horse-battery';

// CI installs it; on a machine without it there is nothing to operate the page with.
describe.skipIf(!existsSync(CHROMIUM))('the page, in Chromium', () => {
  let folder: string;
  let served: Served;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    [served, browser] = await Promise.all([
      serve(['--db', join(folder, 'page.db')], { timeout: 300_000 }),
      chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] }),
    ]);
    page = await open();
  }, 90_000);

  afterAll(async () => {
    await browser.close();
    await served.stop();
    rmSync(folder, { recursive: true });
  });

  async function open(address = served.page): Promise<Page> {
    const opened = await browser.newPage({ locale: 'en-GB', timezoneId: 'Europe/Berlin' });
    opened.setDefaultTimeout(20_000);
    opened.on('pageerror', error => complaints.push(String(error)));
    opened.on('console', message => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await opened.goto(address);
    return opened;
  }

  /** Waits until it does: parts of the page are drawn one after the other. */
  async function shows(selector: string, part: string): Promise<void> {
    await expect.poll(() => text(selector), { timeout: 10_000 }).toContain(part);
  }

  /** Waits until the page has shown a later state: it does so each second. */
  async function drawnAgain(): Promise<void> {
    const before = await text('#n-next');
    await expect.poll(() => text('#n-next'), { timeout: 10_000 }).not.toBe(before);
  }

  async function text(selector: string): Promise<string> {
    return (await page.textContent(selector)) ?? '';
  }

  test('shows that the scheduler is running', async () => {
    await page.waitForSelector('#health.ok');
    await shows('#jobs tbody', 'no jobs yet');
  });

  test('a job is added by keyboard alone, and what is wrong is said at the field', async () => {
    await page.keyboard.press('n');
    await page.waitForSelector('#job-dialog[open]');
    await page.keyboard.type('from the keyboard');
    await tabTo('[name=module]');
    await page.keyboard.type('jobs.js');
    await tabTo('[name=when]:checked');
    await page.keyboard.press('ArrowRight');
    await tabTo('[name=every]');
    await page.keyboard.type('soon');
    await page.keyboard.press('Enter');
    // Both fields are wrong; the first has the focus.
    await page.waitForSelector('[name=every][aria-invalid=true]');
    expect(await focused()).toBe('id');
    await shows('#form-error', 'id must be 1 to 128 letters');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('keyboard');
    await tabTo('[name=every]');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('1h');
    await page.waitForFunction(() => document.querySelector('#preview')!.textContent!.startsWith('next: '));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#jobs tr[data-key=keyboard]');
    await shows('#jobs tr[data-key=keyboard]', 'every 1 h');
  });

  test('it is run, looked at, paused, changed and removed by keyboard alone', async () => {
    await press('Run keyboard now');
    await page.waitForSelector('#history .state.succeeded');
    await press(/^Details of keyboard@/);
    await page.waitForSelector('#run-dialog[open]');
    await shows('#run-body', 'printed by keyboard');
    await page.keyboard.press('Escape');
    await press('Pause keyboard');
    await page.waitForSelector('[aria-label="Resume keyboard"]');
    // The focus is still in the row.
    expect(await page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('data-key'))).toBe(
      'keyboard',
    );
    await press('Resume keyboard');
    await page.waitForSelector('[aria-label="Pause keyboard"]');
    await press('Edit keyboard');
    await page.keyboard.type('now described');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#jobs')!.textContent!.includes('now described'));
    await press('Remove keyboard');
    await page.waitForSelector('#confirm-dialog[open]');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#jobs')!.textContent!.includes('no jobs yet'));
  });

  test('a group is limited, paused and resumed by keyboard alone', async () => {
    expect(await page.isHidden('#groups-section')).toBe(true);
    await served.send('POST', 'api/jobs', {
      id: 'in-group',
      schedule: { every: '1h' },
      run: { module: 'jobs.js' },
      group: 'mail',
    });
    await page.waitForSelector('#groups tr[data-key=mail]');
    await press('Limit of group mail');
    await page.waitForSelector('#group-dialog[open]');
    await page.keyboard.type('some');
    await page.keyboard.press('Enter');
    await shows('#group-error', 'must be a whole number from 1 to 100000');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('3');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#group-dialog[open]') === null);
    await press('Pause group mail');
    await page.waitForSelector('[aria-label="Resume group mail"]');
    await shows('#groups tr[data-key=mail]', 'paused');
    await shows('#jobs tr[data-key=in-group]', 'group paused');
    expect(await text('#groups tr[data-key=mail] td:nth-child(6)')).toBe('3');
    await press('Resume group mail');
    await page.waitForSelector('[aria-label="Pause group mail"]');
    await page.waitForFunction(
      () => document.querySelector('#jobs tr[data-key=in-group]')?.textContent?.includes('paused') === false,
    );
    await served.send('PUT', 'api/groups/mail', { most: null });
    await served.send('DELETE', 'api/jobs/in-group');
    await page.waitForSelector('#groups-section', { state: 'hidden' });
  });

  test('a job for once that is to go when it has succeeded is added by the form, and goes', async () => {
    await page.keyboard.press('n');
    await page.waitForSelector('#job-dialog[open]');
    await page.keyboard.type('fleeting');
    await tabTo('[name=module]');
    await page.keyboard.type('jobs.js');
    await tabTo('[name=when]:checked');
    // A box that has no meaning for a pattern isn't there.
    expect(await page.isHidden('[name=removeOnComplete]')).toBe(true);
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
    await tabTo('[name=after]');
    await page.keyboard.type('2s');
    await tabTo('[name=removeOnComplete]');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#jobs tr[data-key=fleeting]');
    await page.waitForSelector('#jobs tr[data-key=fleeting]', { state: 'detached' });
    await shows('#jobs tbody', 'no jobs yet');
  });

  test('a run is seen while it runs, without a reload, and is cancelled', async () => {
    await served.send('POST', 'api/jobs', {
      id: 'long',
      schedule: { every: '1h' },
      run: { module: 'jobs.js', export: 'sleep', args: { ms: 600_000 } },
    });
    await page.waitForSelector('#jobs tr[data-key=long]');
    await served.send('POST', 'api/jobs/long/run');
    await page.click('#running [aria-label^="Cancel long@"]');
    await page.waitForSelector('#history .state.cancelled');
    await shows('#running', 'nothing runs');
  });

  test('a press is not lost because the row is drawn anew under it', async () => {
    await served.send('POST', 'api/jobs/long/run');
    const cancel = '#running [aria-label^="Cancel long@"]';
    await page.hover(cancel);
    const since = await text('#running td:nth-child(2)');
    await page.mouse.down();
    await drawnAgain();
    await drawnAgain();
    expect(await text('#running td:nth-child(2)')).toBe(since);
    await page.mouse.up();
    await page.waitForSelector('#history .state.cancelled');
    await shows('#running', 'nothing runs');
    // And by the space bar.
    await served.send('POST', 'api/jobs/long/run');
    await page.focus(cancel);
    await page.keyboard.down('Space');
    await drawnAgain();
    await page.keyboard.up('Space');
    await shows('#running', 'nothing runs');
  });

  test('the timeline shows when jobs are due', async () => {
    await served.send('POST', 'api/jobs', {
      id: 'ten-minutes',
      schedule: { cron: '*/10 * * * *', timeZone: 'Europe/Berlin' },
      run: { module: 'jobs.js' },
    });
    await page.waitForFunction(() => document.querySelectorAll('#timeline .mark').length >= 6);
    const label = await page.getAttribute('#timeline svg', 'aria-label');
    expect(label).toMatch(/ten-minutes at \d\d:\d0:00/);
  });

  test('text of a job is text, whatever is in it', async () => {
    const evil = '<img src=x onerror="document.title=\'owned\'">';
    await served.send('POST', 'api/jobs', {
      id: 'evil',
      description: evil,
      schedule: { every: '1h' },
      run: { module: 'jobs.js', args: evil },
    });
    await page.waitForSelector('#jobs tr[data-key=evil]');
    await served.send('POST', 'api/jobs/evil/run');
    await page.waitForSelector('[aria-label^="Details of evil@"]');
    await press(/^Details of evil@/);
    await page.waitForSelector('#run-dialog[open]');
    expect(await page.title()).toBe('heddle-scheduler');
    expect(await page.locator('img[src=x]').count()).toBe(0);
    await page.keyboard.press('Escape');
  });

  test('everything that is operated has a name, and text stands out from its ground, in light and in dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const wrong = await page.evaluate(findFaults);
      expect(wrong).toEqual([]);
      if (process.env['HEDDLE_SCREENSHOTS'] !== undefined) {
        mkdirSync(process.env['HEDDLE_SCREENSHOTS'], { recursive: true });
        await page.screenshot({
          path: join(process.env['HEDDLE_SCREENSHOTS'], `${colorScheme}.png`),
          fullPage: true,
        });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('on a narrow screen, where rows are cards, tables are still tables for screen readers', async () => {
    const width = page.viewportSize()!;
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForSelector('#jobs tbody tr');
    const tree = await (await page.context().newCDPSession(page)).send('Accessibility.getFullAXTree');
    const roles = tree.nodes.map(node => node.role?.value as string);
    for (const role of ['table', 'row', 'columnheader', 'cell']) expect(roles).toContain(role);
    expect(await page.locator('tbody tr:not([role=row]), tbody td:not([role=cell])').count()).toBe(0);
    // Nothing hangs over the edge.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.setViewportSize(width);
  });

  test('where a token is needed it is asked for, and a wrong one again', async () => {
    const guarded = await serve(['--db', join(folder, 'token.db')], {
      env: { HEDDLE_SCHEDULER_TOKEN: TOKEN },
      timeout: 120_000,
    });
    const other = await open(guarded.page);
    const before = complaints.length;
    try {
      await other.waitForSelector('#token-dialog[open]');
      await other.keyboard.type('wrong-horse-battery');
      await other.keyboard.press('Enter');
      await other.waitForSelector('#token-error:not([hidden])');
      await other.keyboard.type(TOKEN);
      await other.keyboard.press('Enter');
      await other.waitForSelector('#health.ok');
    } finally {
      await other.close();
      await guarded.stop();
      // The browser itself reports each 401.
      complaints.splice(
        0,
        complaints.length,
        ...complaints.filter((each, index) => index < before && !each.includes('401')),
      );
    }
  }, 60_000);

  test('a scheduler that is gone is said to be, and the page finds it again', async () => {
    const db = join(folder, 'again.db');
    const first = await serve(['--db', db], { timeout: 120_000 });
    const port = new URL(first.page).port;
    const other = await open(first.page);
    await other.waitForSelector('#health.ok');
    const before = complaints.length;
    await first.stop();
    await other.waitForSelector('#health.bad');
    const second = await serve(['--db', db, '--port', port], { timeout: 120_000 });
    await other.waitForSelector('#health.ok');
    complaints.length = before;
    await other.close();
    await second.stop();
  }, 60_000);

  test('nothing was complained of', () => {
    // What the tests did wrong on purpose the browser reports too.
    expect(complaints.filter(each => !/status of 40[019]/.test(each))).toEqual([]);
  });

  function focused(): Promise<string | null> {
    return page.evaluate(() => document.activeElement?.getAttribute('name') ?? null);
  }

  /** Goes on by Tab until an element has the focus. */
  async function tabTo(selector: string): Promise<void> {
    for (let step = 0; step < 80; step++) {
      if (await page.evaluate(wanted => document.activeElement?.matches(wanted) === true, selector)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${selector}`);
  }

  /** Goes by Tab to a button and presses it. */
  async function press(name: string | RegExp): Promise<void> {
    const pattern = typeof name === 'string' ? undefined : name.source;
    const literal = typeof name === 'string' ? name : undefined;
    await until(
      async () => {
        for (let step = 0; step < 60; step++) {
          const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
          if (literal === undefined ? new RegExp(pattern!).test(label) : label === literal) return true;
          await page.keyboard.press('Tab');
        }
        return false;
      },
      `Tab to lead to ${String(name)}`,
    );
    await page.keyboard.press('Enter');
  }
});

/** Runs in the page: what has no name, and what is hard to read (WCAG 2.2 AA: 4.5 to 1). */
function findFaults(): string[] {
  const faults: string[] = [];
  for (const element of document.querySelectorAll('button, input, select, textarea, a')) {
    const named =
      element.getAttribute('aria-label') ?? element.closest('label')?.textContent ?? element.textContent;
    if (named.trim() === '') faults.push(`no name: ${element.outerHTML}`);
  }
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const luminance = (color: string): number => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(value => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const ground = (element: Element): string => {
    for (let each: Element | null = element; each !== null; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor;
    }
    return 'white';
  };
  for (const element of document.querySelectorAll('main *, header *, footer *')) {
    const hasText = [...element.childNodes].some(
      node => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== '',
    );
    if (!hasText || !(element instanceof HTMLElement) || element.offsetParent === null) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort(
      (x, y) => y - x,
    );
    const contrast = (a! + 0.05) / (b! + 0.05);
    if (contrast < 4.5)
      faults.push(
        `contrast ${contrast.toFixed(2)}: ${element.tagName} ${element.className} "${element.textContent}"`,
      );
  }
  return faults;
}
