/**
 * Looks at the built site as readers do, in Chromium: every page, narrow and wide, light and dark. A page fails if it is wider than its window, if something in it
 * throws or can't be loaded, or if a program in it doesn't run. With `--to FOLDER` it also takes pictures, of pages whose names contain `--only TEXT`.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, openBrowser } from './browser.js';
import { servePages } from './preview.js';

const RUN_MS = 60_000;
const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    only: { type: 'string', default: '' },
    plain: { type: 'boolean', default: false },
  },
});
if (chromium === undefined) {
  console.log('No Chromium here (CHROMIUM=/path/to/it): nobody has looked at the pages.');
  process.exit(0);
}
const dist = fileURLToPath(new URL('../.vitepress/dist', import.meta.url));
const pages = readdirSync(dist, { recursive: true })
  .filter(file => file.endsWith('.html') && file !== '404.html')
  // Those of the reference are all alike: the first of each kind stands for the others.
  .filter(
    (file, index, all) =>
      !/^api\/.*\/.*\//.test(file) || all.findIndex(other => dirOf(other) === dirOf(file)) === index,
  )
  .filter(file => file.includes(values.only))
  .toSorted((a, b) => a.localeCompare(b, 'en'));
const site = await servePages({ port: 0, plain: values.plain });
const browser = await openBrowser();
const page = await browser.newPage();
let failed = 0;

for (const file of pages) {
  const problems = [];
  for (const [name, width, dark] of [
    ['wide', 1280, false],
    ['narrow', 390, true],
  ]) {
    await page.resize(width, 900);
    await page.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    });
    await page.goto(`${site.origin}/${file}`);
    await page.evaluate('new Promise(resolve => setTimeout(resolve, 300))');
    const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    if (over > 0) problems.push(`${name}: ${over} px wider than the window`);
    const empty = await page.evaluate(
      `[...document.querySelectorAll('.drawing')].filter(each => !each.querySelector('svg')).length`,
    );
    if (empty > 0) problems.push(`${name}: ${empty} drawings are missing`);
    if (values.to !== undefined) {
      mkdirSync(values.to, { recursive: true });
      const { height } = await page.evaluate('({ height: document.documentElement.scrollHeight })');
      await page.resize(width, Math.min(height, 3000));
      writeFileSync(
        join(values.to, `${file.replaceAll('/', '_').replace('.html', '')}-${name}.png`),
        await page.screenshot(false),
      );
    }
  }
  await page.resize(1280, 900);
  for (const name of await page.evaluate(
    `[...document.querySelectorAll('.run-example')].map(each => each.dataset.name)`,
  )) {
    const shown = await page.evaluate(`(async () => {
      const example = document.querySelector('.run-example[data-name=${JSON.stringify(name)}]');
      example.querySelector('button').click();
      const deadline = performance.now() + ${RUN_MS};
      while (!['done', 'failed'].includes(example.dataset.state) && performance.now() < deadline) await new Promise(resolve => setTimeout(resolve, 50));
      return { state: example.dataset.state, text: example.querySelector('pre')?.innerText };
    })()`);
    if (shown.state === 'done') console.log(`  ${file}: ${name} prints ${JSON.stringify(shown.text)}`);
    else problems.push(`${name} is ${shown.state}: ${shown.text}`);
  }
  problems.push(...page.troubles());
  if (problems.length > 0) failed += 1;
  console.log(
    `${problems.length === 0 ? '✓' : '✗'} ${file}${problems.map(problem => `\n    ${problem}`).join('')}`,
  );
}
await browser.close();
site.close();
console.log(`${pages.length - failed} of ${pages.length} pages are as they should be`);
process.exit(failed === 0 ? 0 : 1);

function dirOf(file) {
  return file.slice(0, file.lastIndexOf('/'));
}
