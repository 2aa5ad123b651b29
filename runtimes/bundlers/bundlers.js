/** Builds the application with each bundler, opens it in a browser, and says whether its threads did their work. */
import { openPage, openUrl } from '../browsers.js';
import { esbuildBuild } from './esbuild.js';
import { viteBuild, viteDev } from './vite.js';
import { webpackBuild } from './webpack.js';

const TIMEOUT_MS = 30_000;

const builders = { 'Vite build': viteBuild, webpack: webpackBuild, esbuild: esbuildBuild };

/** Calls `onResult` with `{ name, ok, error }` for each bundler whose name is wanted. `app` is the application, `out` a folder for what is built. */
export async function runBundlers(browser, app, out, wanted, onResult) {
  for (const [name, build] of Object.entries(builders)) {
    if (!wanted(name)) continue;
    const outDir = `${out}/${name.replace(' ', '-')}`;
    try {
      await build(app, outDir);
      onResult({ name, ...(await openPage(browser, outDir, '/')) });
    } catch (error) {
      onResult({ name, ok: false, error: String(error?.stack ?? error) });
    }
  }
  if (wanted('Vite dev'))
    onResult({ name: 'Vite dev', ...(await openDevServer(browser, app, `${out}/vite-cache`)) });
}

async function openDevServer(browser, app, cache) {
  let server;
  let close;
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(
        () => resolve({ ok: false, error: `nothing heard for ${TIMEOUT_MS} ms` }),
        TIMEOUT_MS,
      );
      viteDev(app, cache, resolve).then(started => {
        server = started;
        close = openUrl(browser, `${server.origin}/`);
      }, reject);
    });
  } catch (error) {
    return { ok: false, error: String(error?.stack ?? error) };
  } finally {
    clearTimeout(timer);
    await close?.();
    await server?.close();
  }
}
