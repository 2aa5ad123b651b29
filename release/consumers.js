/**
 * Users: each an empty project that installs from the registry what the README tells it to, and does with it what the README does. The programs are the
 * code blocks of the documents, which the documents' own test runs against the working tree; here they meet what was published.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { readDocuments } from '../docs/check/src/documents.ts';
import { readPrograms } from '../docs/check/src/programs.ts';
import { runProgram } from '../docs/check/src/run.ts';
import { seePage } from './page.js';

const documents = readDocuments();
const { programs } = readPrograms(documents);
const tools = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).devDependencies;
const at = (name, version = tools[name]) => `${name}@${version}`;

/** The programs of a document that run, and use nothing but these packages. */
const programsOf = (path, packages) =>
  programs.filter(each => {
    if (each.document !== path || !each.runs || each.content.includes('given/')) return false;
    const imported = [...each.content.matchAll(/from '(@[^/']+\/[^/']+|[^./'][^/']*)/g)].map(
      match => match[1],
    );
    return imported.every(name => name.startsWith('node:') || packages.includes(name));
  });

/** An empty project with these packages. */
export function project(folder, registry, packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  copyFileSync(registry.npmrc, join(folder, '.npmrc'));
  npm(folder, 'install', '--silent', '--no-audit', '--save-exact=false', ...packages);
  return folder;
}

export function npm(folder, ...args) {
  const env = { ...process.env, NODE_ENV: '' };
  // npm hands its own settings down, the outer registry among them; this project has its own.
  for (const name of Object.keys(env)) if (/^npm_config_/i.test(name)) delete env[name];
  return execFileSync('npm', args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** All installed versions of a package in a project. */
export function installed(folder, name) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version);
}

function check(condition, what) {
  if (!condition) throw new Error(what);
}

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
  const strict = {
    target: 'es2022',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    types: ['node'],
    strict: true,
    outDir: 'out',
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...strict, ...options }, include: ['*.ts'] }),
  );
  for (const program of chosen) writeFileSync(join(folder, program.file), program.content);
  execFileSync(process.execPath, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    stdio: 'inherit',
  });
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

/** Each gets an empty folder and the registry, and says what it did. */
export const consumers = {
  async 'core alone, JavaScript'(folder, registry) {
    project(folder, registry, ['@heddle/core']);
    const others = readdirSync(join(folder, 'node_modules')).filter(name => !name.startsWith('.'));
    check(others.join() === '@heddle', `core brought others along: ${others.join(', ')}`);
    check(existsSync(join(folder, 'node_modules/@heddle/core/CHANGELOG.md')), 'core has no CHANGELOG.md');
    return runAll(folder, CORE, asJavaScript);
  },

  async 'core alone, TypeScript, nodenext'(folder, registry) {
    project(folder, registry, ['@heddle/core', at('typescript'), at('@types/node')]);
    return compileAndRun(folder, CORE, { module: 'nodenext' });
  },

  async 'core alone, TypeScript, bundler'(folder, registry) {
    project(folder, registry, ['@heddle/core', at('typescript'), at('@types/node')]);
    return compileAndRun(folder, CORE, { module: 'esnext', moduleResolution: 'bundler' });
  },

  async 'core with comlink'(folder, registry) {
    project(folder, registry, ['@heddle/core', 'comlink']);
    return runAll(folder, programsOf('packages/core/README.md', ['@heddle/core', 'comlink']));
  },

  async 'core in a page, Vite'(folder, registry) {
    project(folder, registry, ['@heddle/core', at('vite'), `rolldown@${tools.rolldown}`]);
    const { blocks } = documents.find(({ path }) => path === 'docs/pages/guide/vite.md');
    for (const { code } of blocks) {
      const name = /^(?:\/\/|<!--) ([\w.-]+\.(?:html|js|ts))\b/.exec(code)?.[1];
      if (name !== undefined) writeFileSync(join(folder, name), code);
    }
    execFileSync(
      process.execPath,
      [join(folder, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'],
      {
        cwd: folder,
        stdio: 'inherit',
      },
    );
    return seePage(join(folder, 'dist'), 'There are 78,498 primes below a million');
  },

  async actors(folder, registry) {
    project(folder, registry, ['@heddle/actors']);
    check(
      installed(folder, '@heddle/core').length === 1,
      `core is there ${installed(folder, '@heddle/core').length} times`,
    );
    return runAll(
      folder,
      programsOf('packages/actors/README.md', ['@heddle/core', '@heddle/actors', 'comlink']),
    );
  },

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

  async pipeline(folder, registry) {
    project(folder, registry, ['@heddle/pipeline']);
    const program = join(folder, 'node_modules/.bin/heddle-pipeline');
    const args = [
      '--folder',
      join(folder, 'node_modules/@heddle'),
      '--db',
      join(folder, 'index.db'),
      '--json',
    ];
    const report = JSON.parse(
      execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    const found = JSON.parse(
      execFileSync(program, ['--search', 'Atomics.waitAsync', '--db', join(folder, 'index.db'), '--json'], {
        encoding: 'utf8',
      }),
    );
    check(found.hits.length > 0, `nothing found: ${JSON.stringify(found)}`);
    const { taken, committed } = report.files;
    check(taken > 100 && taken === committed, `files in: ${taken}, files out: ${committed}`);
    return `${taken} files in, ${committed} out, ${found.hits.length} with Atomics.waitAsync`;
  },
};

function mkdirIn(folder, path) {
  const inner = join(folder, path.replaceAll(/[/.]/g, '_'));
  mkdirSync(inner, { recursive: true });
  return inner;
}
