/** Users of the apps: each installs the program, gives it a module of its own, in JavaScript or compiled by TypeScript, and sees it at work. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';
import { at, check, compile, project, resolutions } from './project.js';
import { freePort } from './registry.js';

const WAIT_MS = 60_000;
const page = name => readFileSync(new URL(`../docs/pages/guide/${name}.md`, import.meta.url), 'utf8');
const JOB = fileOf(page('jobs'), 'jobs/tidy.ts');
const TRANSFORM = fileOf(page('stream'), 'clean.ts');

/** A page's block that begins with the name of a file. */
function fileOf(text, name) {
  const begin = text.indexOf(`// ${name}\n`);
  if (begin === -1) throw new Error(`the page has no file ${name}`);
  return text.slice(begin, text.indexOf('```', begin));
}

/** A module of the user's in each language: how it is written, and where it is then. */
function inEachLanguage(title, packages, file, code, use) {
  const ways = {
    [`${title}, JavaScript`]: async (folder, registry) => {
      project(folder, registry, packages);
      const written = join(folder, file.replace(/ts$/, 'js'));
      mkdirSync(join(written, '..'), { recursive: true });
      writeFileSync(written, stripTypeScriptTypes(code));
      return use(folder, written);
    },
  };
  for (const [name, options] of Object.entries(resolutions))
    ways[`${title}, TypeScript, ${name}`] = async (folder, registry) => {
      project(folder, registry, [...packages, at('typescript'), at('@types/node')]);
      compile(folder, new Map([[file, code]]), options);
      return use(folder, join(folder, 'out', file.replace(/ts$/, 'js')));
    };
  return ways;
}

export const appConsumers = {
  ...inEachLanguage('scheduler', ['@heddle/scheduler'], 'jobs/tidy.ts', JOB, useScheduler),
  ...inEachLanguage('pipeline stream', ['@heddle/pipeline'], 'clean.ts', TRANSFORM, useStream),

  async 'pipeline, a folder'(folder, registry) {
    project(folder, registry, ['@heddle/pipeline']);
    const db = join(folder, 'index.db');
    const report = JSON.parse(
      run(folder, 'heddle-pipeline', '--folder', join(folder, 'node_modules/@heddle'), '--db', db, '--json'),
    );
    const found = JSON.parse(
      run(folder, 'heddle-pipeline', '--search', 'Atomics.waitAsync', '--db', db, '--json'),
    );
    check(found.hits.length > 0, `nothing found: ${JSON.stringify(found)}`);
    const { taken, committed } = report.files;
    check(taken > 100 && taken === committed, `files in: ${taken}, files out: ${committed}`);
    return `${taken} files in, ${committed} out, ${found.hits.length} with Atomics.waitAsync`;
  },
};

/** Starts it, adds a job while it runs, waits for a run, looks at page and API, stops it, and starts it again. */
async function useScheduler(folder, module) {
  const serve = () => start(folder, 'heddle-scheduler', 'serve', '--jobs', join(module, '..'), '--port', '0');
  const said = [];
  for (const id of ['first', 'second']) {
    const server = serve();
    try {
      const { page: url } = JSON.parse(
        await server.until(() => server.lines().find(line => line.includes('"page"')), 'its page'),
      );
      // The second start finds the first one's job in the database.
      run(
        folder,
        'heddle-scheduler',
        'add',
        id,
        '--every',
        '1s',
        '--module',
        'tidy.js',
        '--args',
        '{"folder":"cache"}',
      );
      const { output, result } = await server.until(
        () => JSON.parse(run(folder, 'heddle-scheduler', 'history', id, '--state', 'succeeded', '--json'))[0],
        `a run of ${id}`,
      );
      check(output === 'tidying cache, attempt 1\n', `the run printed ${JSON.stringify(output)}`);
      check(result === '{"removed":3}', `the run returned ${result}`);
      const { jobs } = await (await fetch(`${url}api/jobs`)).json();
      said.push(jobs.length);
      check((await (await fetch(url)).text()).includes('<!doctype html>'), `no page at ${url}`);
      const code = await server.stop('SIGTERM');
      check(code === 0, `serve ended with ${code}: ${server.lines().join('\n')}`);
    } finally {
      await server.stop('SIGKILL');
    }
  }
  check(said.join() === '1,2', `it knew of ${said.join()} jobs`);
  return 'jobs ran, also after a restart';
}

/** Posts lines over HTTP until they are stored, reads others from a file, and stops it; then the accounts must agree. */
async function useStream(folder, module) {
  const lines = [
    '{"level":"info","text":"a"}',
    '{"level":"debug","text":"b"}',
    '{"level":"warn","text":"c","ms":900}',
  ];
  writeFileSync(join(folder, 'lines.log'), `${lines.join('\n')}\n{"level":"info","text":7}\n`);
  const port = await freePort();
  const out = join(folder, 'out.ndjson');
  const args = [
    '--follow',
    join(folder, 'lines.log'),
    '--format',
    'json',
    '--transform',
    module,
    '--http',
    String(port),
  ];
  const stream = start(folder, 'heddle-pipeline', 'stream', ...args, '--ndjson', out, '--json');
  try {
    await stream.until(
      () => stream.lines().find(line => line.includes('"msg":"listening')),
      'its HTTP source',
    );
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: lines.join('\n') });
    check(answer.status === 200, `POST was answered with ${answer.status}: ${await answer.text()}`);
    const stored = () =>
      readFileSync(out, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line));
    await stream.until(() => stored().length === 4, 'four stored lines');
    const code = await stream.stop('SIGTERM');
    check(code === 143, `it ended with ${code}: ${stream.lines().join('\n')}`);
    const report = JSON.parse(stream.printed());
    check(report.in === 7 && report.stored === 4 && report.dead === 1, `the report says ${stream.printed()}`);
    check(stored().filter(({ slow }) => slow).length === 2, `stored were ${JSON.stringify(stored())}`);
    return `${report.in} lines in, ${report.stored} stored, ${report.filtered} left out, ${report.dead} dead letter`;
  } finally {
    await stream.stop('SIGKILL');
  }
}

function run(folder, command, ...args) {
  return execFileSync(join(folder, 'node_modules/.bin', command), args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WAIT_MS,
  });
}

function start(folder, command, ...args) {
  const child = spawn(join(folder, 'node_modules/.bin', command), args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [printed, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', text => (printed += text));
  child.stderr.setEncoding('utf8').on('data', text => (complained += text));
  const gone = new Promise(resolve => child.on('close', resolve));
  return {
    printed: () => printed,
    lines: () => complained.split('\n').slice(0, -1),
    /** Waits until `look` finds something, as long as the program runs. */
    async until(look, what) {
      const deadline = performance.now() + WAIT_MS;
      for (;;) {
        const found = look();
        if (found) return found;
        if (child.exitCode !== null || performance.now() > deadline)
          throw new Error(`waited for ${what}: ${complained}${printed}`);
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    },
    async stop(signal) {
      const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS);
      child.kill(signal);
      const code = await gone;
      clearTimeout(timer);
      return code;
    },
  };
}
