/** Opens a built page in a real browser and waits until it shows a text. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browsers, openPage } from '../runtimes/browsers.js';

const WATCH = text => `<script type="module">
  const tell = told => fetch('/result', { method: 'POST', body: JSON.stringify(told) });
  addEventListener('error', event => tell({ ok: false, error: String(event.error?.stack ?? event.message) }), true);
  addEventListener('unhandledrejection', event => tell({ ok: false, error: String(event.reason?.stack ?? event.reason) }));
  const began = performance.now();
  const timer = setInterval(() => {
    const shown = document.body.innerText;
    if (!shown.includes(${JSON.stringify(text)}) && performance.now() - began < 20_000) return;
    clearInterval(timer);
    tell({ ok: shown.includes(${JSON.stringify(text)}), error: 'it shows ' + shown });
  }, 50);
</script>`;

/** Says so if this machine has no browser. */
export async function seePage(folder, text) {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) throw new Error(`${index} was not built`);
  const html = readFileSync(index, 'utf8');
  // First, so that it sees what goes wrong with the others.
  writeFileSync(index, html.replace('<head>', `<head>${WATCH(text)}`));
  const seen = [];
  for (const browser of browsers) {
    const { ok, error } = await openPage(browser, folder, '/index.html');
    if (!ok) throw new Error(`${browser.name}: ${error}`);
    seen.push(browser.name);
  }
  writeFileSync(index, html);
  return seen.length === 0
    ? 'built, but there is no browser here to look at it'
    : `seen in ${seen.join(' and ')}`;
}
