import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from './browser.ts';

const FIREFOX = '/usr/bin/firefox-esr';
/** A busy machine takes long to build a page and to start a browser. */
const SLOWLY = { timeout: 180_000 };
let server: ChildProcess;
let output = '';

function says(pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = pattern.exec(output);
      if (found !== null) resolve(found);
    };
    server.stdout!.on('data', look);
    server.once('exit', () => reject(new Error(`the server ended: ${output}`)));
    look();
  });
}

beforeAll(() => {
  server = spawn(
    process.execPath,
    [fileURLToPath(new URL('../browser/serve.ts', import.meta.url)), '--port', '0'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [server.stdout!, server.stderr!])
    stream.setEncoding('utf8').on('data', text => (output += String(text)));
});
afterAll(() => {
  server.kill();
});

describe('the pipeline in a page', () => {
  // Skipped where there is no Chromium; `noBrowser` says so.
  it.skipIf(noBrowser !== undefined)(
    'draws with as many threads as the slider says, in Chromium',
    SLOWLY,
    async () => {
      const [, url] = await says(/(http:\S+)/);
      const browser = await openBrowser();
      try {
        const page = await browser.newPage();
        const problems: string[] = [];
        page.on('pageerror', error => problems.push(String(error)));
        await page.goto(`${url}?quick`);
        await page.locator('#status[data-speedup]').waitFor();
        // By keyboard: one thread more, or one less where the slider is at its end.
        const slider = page.getByRole('slider', { name: 'Threads' });
        const before = Number(await slider.inputValue());
        await slider.focus();
        await page.keyboard.press(
          before < Number(await slider.getAttribute('max')) ? 'ArrowRight' : 'ArrowLeft',
        );
        const threads = Number(await slider.inputValue());
        expect(threads).not.toBe(before);
        await page
          .getByRole('status')
          .getByText(new RegExp(`^${threads} threads?: .* (times as fast as one|compared with)$`))
          .waitFor();
        expect(await page.locator('#shares li').count()).toBe(threads);
        // The latest; or the one before, where one thread had to be measured again.
        const latest = (await page.locator('#results tbody tr').allInnerTexts()).slice(0, 2);
        expect(latest.some(row => row.startsWith(`${threads}\t`))).toBe(true);
        // Who steers by keyboard stays where he was, and may go on while a run goes on.
        expect(await slider.evaluate('document.activeElement.id')).toBe('threads');
        // Every tile is drawn: nothing is left transparent.
        const blank = await page.evaluate(`(() => {
        const canvas = document.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let blank = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 0) blank++;
        return blank;
      })()`);
        expect(blank).toBe(0);
        // Another place is measured anew, with one thread first; the button stops that.
        await page.goto(url!);
        const button = page.getByRole('button', { name: 'Stop' });
        await page.getByLabel('Place').selectOption({ label: 'Elephant valley' });
        await page.getByRole('status').getByText('One thread first').waitFor();
        await page
          .getByRole('meter', { name: 'Tiles that wait' })
          .and(page.locator('[aria-valuenow="16"]'))
          .waitFor();
        await button.focus();
        await page.keyboard.press('Enter');
        await page.getByRole('status').getByText('Stopped').waitFor();
        await page.getByRole('button', { name: 'Run again' }).waitFor();
        expect(problems).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );

  // Skipped where there is no Firefox. It has no driver here, so the page itself tells the server how it went.
  it.skipIf(!existsSync(FIREFOX))('runs in Firefox', SLOWLY, async () => {
    const [, url] = await says(/(http:\S+)/);
    const profile = mkdtempSync(join(tmpdir(), 'heddle-firefox-'));
    writeFileSync(
      join(profile, 'user.js'),
      'user_pref("browser.shell.checkDefaultBrowser", false);\nuser_pref("datareporting.policy.dataSubmissionEnabled", false);\n',
    );
    const firefox = spawn(
      FIREFOX,
      ['--headless', '--no-remote', '--profile', profile, `${url}?quick&tell=/tell`],
      {
        stdio: 'ignore',
        detached: true,
        env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
      },
    );
    try {
      const [, told] = await says(/told: (.*)/);
      expect(JSON.parse(told!)).toMatchObject({
        status: expect.stringMatching(/^\d+ threads?: .* (times as fast as one|compared with)$/) as string,
      });
    } finally {
      process.kill(-firefox.pid!, 'SIGKILL');
      await new Promise(resolve => firefox.once('close', resolve));
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  });
});
