/**
 * Users: each an empty project that installs from the registry what the README tells it to, and does with it what the README does. The programs are the
 * code blocks of the documents, which the documents' own test runs against the working tree; here they meet what was published.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { readDocuments } from '../docs/check/src/documents.ts';
import { readPrograms } from '../docs/check/src/programs.ts';
import { runProgram } from '../docs/check/src/run.ts';
import { seePage } from './page.js';
import { appConsumers } from './app-consumers.js';
import { followPage } from './follow.js';
import { at, check, compile, environment, installed, project, resolutions, tools } from './project.js';

const documents = readDocuments();
const { programs } = readPrograms(documents);
/** The programs of a document that run, and use nothing but these packages. */
const programsOf = (path, packages) =>
  programs.filter(each => {
    if (each.document !== path || !each.runs || each.content.includes('given/')) return false;
    const imported = [...each.content.matchAll(/from '(@[^/']+\/[^/']+|[^./'][^/']*)/g)].map(
      match => match[1],
    );
    return imported.every(name => name.startsWith('node:') || packages.includes(name));
  });

async function runAll(folder, chosen, prepare = program => program) {
  check(chosen.length > 0, `no program found for ${folder}`);
  for (const original of chosen) {
    const program = prepare(original);
    for (const [file, content] of original.beside) writeFileSync(join(folder, file), content);
    writeFileSync(join(folder, program.file), program.content);
    const problems = await runProgram(program, folder);
    check(problems.length === 0, `${program.title} in ${folder}:\n${problems.join('\n')}`);
  }
  return `${chosen.length} programs`;
}

const asJavaScript = program => ({
  ...program,
  file: program.file.replace(/ts$/, 'js'),
  content: stripTypeScriptTypes(program.content),
});

/** Compiles the programs as the settings say, and runs what comes out. */
async function compileAndRun(folder, chosen, options) {
  compile(folder, new Map(chosen.map(({ file, content }) => [file, content])), options);
  for (const program of chosen) {
    const compiled = { ...program, file: join('out', program.file.replace(/ts$/, 'js')) };
    const problems = await runProgram(compiled, folder);
    check(problems.length === 0, `${program.title} in ${folder}:\n${problems.join('\n')}`);
  }
  return `${chosen.length} programs compiled and run`;
}

const CORE = programsOf('packages/core/README.md', ['@heddle/core']).filter(
  ({ content }) => !content.includes('@heddle/core/comlink'),
);

const ACTORS = programsOf('packages/actors/README.md', ['@heddle/core', '@heddle/actors', 'comlink']);

/** Pages that begin with an empty folder. */
const FOLLOWED = ['start/python', 'start/javascript', 'start/erlang', 'guide/jobs', 'guide/stream'];

function follow(path) {
  const page = documents.find(each => each.path === `docs/pages/${path}.md`);
  return async (folder, registry) => {
    const typed = await followPage(page, folder, environment({ npm_config_userconfig: registry.npmrc }));
    return `${typed} commands`;
  };
}

/** One for each way in which TypeScript looks for packages. */
function inTypeScript(title, packages, chosen) {
  return Object.fromEntries(
    Object.entries(resolutions).map(([name, options]) => [
      `${title}, TypeScript, ${name}`,
      (folder, registry) => {
        project(folder, registry, [...packages, at('typescript'), at('@types/node')]);
        return compileAndRun(folder, chosen, options);
      },
    ]),
  );
}

/** Builds the files of the guide to Vite: those it begins with, or what they have become at its end. */
function buildPage(folder, atTheEnd, text) {
  const { blocks } = documents.find(({ path }) => path === 'docs/pages/guide/vite.md');
  const files = new Map();
  for (const { code } of blocks) {
    const name = /^(?:\/\/|<!--) ([\w.-]+\.(?:html|js|ts))\b/.exec(code)?.[1];
    if (name !== undefined && (atTheEnd || !files.has(name))) files.set(name, code);
  }
  for (const [name, code] of files) writeFileSync(join(folder, name), code);
  const vite = join(folder, 'node_modules/vite/bin/vite.js');
  execFileSync(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: folder, stdio: 'inherit' });
  return seePage(join(folder, 'dist'), text);
}

/** Each gets an empty folder and the registry, and says what it did. */
export const consumers = {
  async 'core alone, JavaScript'(folder, registry) {
    project(folder, registry, ['@heddle/core']);
    const others = readdirSync(join(folder, 'node_modules')).filter(name => !name.startsWith('.'));
    check(others.join() === '@heddle', `core brought others along: ${others.join(', ')}`);
    check(existsSync(join(folder, 'node_modules/@heddle/core/CHANGELOG.md')), 'core has no CHANGELOG.md');
    return runAll(folder, CORE, asJavaScript);
  },

  ...inTypeScript('core alone', ['@heddle/core'], CORE),

  async 'core with comlink'(folder, registry) {
    project(folder, registry, ['@heddle/core', 'comlink']);
    return runAll(folder, programsOf('packages/core/README.md', ['@heddle/core', 'comlink']));
  },

  async 'core in a page, Vite'(folder, registry) {
    project(folder, registry, ['@heddle/core', at('vite'), `rolldown@${tools.rolldown}`]);
    return buildPage(folder, false, 'There are 78,498 primes below a million');
  },

  async 'actors in a page, Vite'(folder, registry) {
    project(folder, registry, ['@heddle/actors', at('vite'), `rolldown@${tools.rolldown}`]);
    return buildPage(folder, true, 'The count is 15');
  },

  async actors(folder, registry) {
    project(folder, registry, ['@heddle/actors']);
    check(
      installed(folder, '@heddle/core').length === 1,
      `core is there ${installed(folder, '@heddle/core').length} times`,
    );
    return runAll(folder, ACTORS);
  },

  ...inTypeScript('actors', ['@heddle/actors'], ACTORS),

  async check(folder, registry) {
    project(folder, registry, [
      '@heddle/check',
      at('vitest'),
      `rolldown@${tools.rolldown}`,
      at('typescript'),
      at('@types/node'),
    ]);
    return runAll(folder, programsOf('packages/check/README.md', ['@heddle/check', 'vitest']));
  },

  async 'tutorials and guide'(folder, registry) {
    project(folder, registry, ['@heddle/core', '@heddle/actors', '@heddle/check', 'comlink']);
    const packages = ['@heddle/core', '@heddle/actors', '@heddle/check', 'comlink'];
    const said = [];
    for (const { path } of documents.filter(each => each.path.startsWith('docs/pages/'))) {
      const chosen = programsOf(path, packages);
      if (chosen.length === 0) continue;
      said.push(await runAll(mkdirIn(folder, path), chosen));
    }
    return `${said.reduce((sum, each) => sum + Number.parseInt(each, 10), 0)} programs of ${said.length} pages`;
  },

  ...appConsumers,
  ...Object.fromEntries(FOLLOWED.map(path => [`${path}, to the letter`, follow(path)])),
};

function mkdirIn(folder, path) {
  const inner = join(folder, path.replaceAll(/[/.]/g, '_'));
  mkdirSync(inner, { recursive: true });
  return inner;
}
