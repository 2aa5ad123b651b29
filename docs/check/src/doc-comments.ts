/**
 * The examples in the doc comments of what the packages export: `@example` in `src`. They read as if they stood in a module that has imported
 * everything from the package, and from `given/`, where things stand that all examples know; here that is made true of what they use.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ROOT, type Document } from './documents.ts';
import type { Block } from './markdown.ts';

const PACKAGES = ['core', 'check', 'actors'];

export function readExamples(): Document[] {
  const documents: Document[] = [];
  for (const name of PACKAGES) {
    const entries = entriesOf(name);
    const sources = execFileSync(
      'git',
      ['ls-files', '-co', '--exclude-standard', `packages/${name}/src/*.ts`],
      { cwd: ROOT, encoding: 'utf8' },
    )
      .split('\n')
      .filter(path => path !== '' && !/\.(?:test|test-d|fixture|stress)\.ts$/.test(path));
    for (const path of sources) {
      const text = readFileSync(`${ROOT}/${path}`, 'utf8');
      const blocks = examplesOf(text).map(block => ({
        ...block,
        notes: [...block.notes, `given:${importsFor(block.code, entries)}`],
      }));
      if (blocks.length > 0) documents.push({ path, text, blocks, links: [], anchors: new Set() });
    }
  }
  return documents;
}

/** Blocks of `@example`, fenced or bare. */
function examplesOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    if (!/^\s*\* @example\b/.test(lines[index]!)) continue;
    const first = index + 1;
    let last = first;
    while (!/^\s*\*\/|^\s*\* @/.test(lines[last] ?? '*/')) last += 1;
    const body = lines.slice(first, last).map(line => line.replace(/^\s*\* ?/, ''));
    const fences = body.flatMap((line, at) => (line.startsWith('```') ? [at] : []));
    const [open, close] = fences.length >= 2 ? [fences[0]! + 1, fences[1]!] : [0, body.length];
    blocks.push({
      language: 'ts',
      meta: '',
      code: `${body.slice(open, close).join('\n')}\n`,
      line: first + open + 1,
      notes: [],
    });
    index = last;
  }
  return blocks;
}

/** What can be imported, and the statement that does. */
function entriesOf(name: string): Map<string, string> {
  const entries = new Map<string, string>();
  const read = (path: string, from: string): void => {
    const text = readFileSync(`${ROOT}/packages/${path}`, 'utf8');
    for (const [, type = '', names] of text.matchAll(/export (type )?\{([^}]*)\}/g)) {
      for (const each of names!.split(',')) {
        const exported = each
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1)!;
        if (exported !== '' && !entries.has(exported))
          entries.set(exported, `import ${type}{ ${exported} } from '${from}';`);
      }
    }
  };
  if (name === 'actors') {
    read('actors/src/cron/index.ts', '@heddle/actors/cron');
    entries.set('cron', `import { cron } from '@heddle/actors/cron';`);
    read('actors/src/testkit/index.ts', '@heddle/actors/testkit');
    read('actors/src/opentelemetry/index.ts', '@heddle/actors/opentelemetry');
    read('actors/src/index.ts', '@heddle/actors');
  }
  if (name === 'check') read('check/src/index.ts', '@heddle/check');
  read('core/src/index.ts', '@heddle/core');
  if (name === 'core') read('core/src/comlink/index.ts', '@heddle/core/comlink');
  entries.set('AsyncLocalStorage', `import { AsyncLocalStorage } from 'node:async_hooks';`);
  entries.set('assert', `import assert from 'node:assert/strict';`);
  const given = `${ROOT}/docs/check/given/${name}.ts`;
  if (existsSync(given)) {
    for (const [, kind, exported] of readFileSync(given, 'utf8').matchAll(
      /^export (const|type|interface) (\w+)/gm,
    )) {
      const type = kind === 'const' ? '' : 'type ';
      entries.set(exported!, `import ${type}{ ${exported} } from '../../../given/${name}.ts';`);
    }
  }
  return entries;
}

function importsFor(code: string, entries: ReadonlyMap<string, string>): string {
  const imports: string[] = [];
  for (const [name, statement] of entries) {
    const used = new RegExp(`(?<![.\\w'"])${name}\\b(?!['":])`).test(code);
    const declared = new RegExp(
      `\\b(?:const|let|using|class|type|interface)\\s+${name}\\b|import[^;]*\\b${name}\\b[^;]*from`,
    ).test(code);
    if (used && !declared) imports.push(statement);
  }
  return imports.join(' ');
}
