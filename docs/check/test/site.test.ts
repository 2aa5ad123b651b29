// What the site's pages name besides links is there; and the programs that readers start in a page do what they say, here too.

import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readDocuments, PAGES, ROOT } from '../src/documents.ts';

const pages = readDocuments().filter(({ path }) => path.startsWith(`${PAGES}/`));
const named = (element: string): string[] =>
  pages.flatMap(({ text }) =>
    [...text.matchAll(new RegExp(`<${element} name="([^"]+)"`, 'g'))].map(match => match[1]!),
  );
const programs = readdirSync(`${ROOT}/docs/run`).map(file => file.replace('.ts', ''));

test('every drawing and plot is made by somebody', async () => {
  const { drawings } = (await import(`${ROOT}/docs/drawings/all.js`)) as { drawings: Record<string, string> };
  const { plotNames } = (await import(`${ROOT}/docs/build/plots.js`)) as { plotNames: () => string[] };
  const plots = plotNames();
  expect(named('Drawing').filter(name => !(name in drawings) && !plots.includes(name))).toEqual([]);
  // And what was measured is shown.
  expect(plots.filter(name => !named('Drawing').includes(name))).toEqual([]);
});

test('the pictures in the READMEs are the drawings as they are now', async () => {
  const { pictures } = (await import(`${ROOT}/docs/build/picture.js`)) as {
    pictures: Record<string, string>;
  };
  for (const [path, picture] of Object.entries(pictures))
    expect(readFileSync(`${ROOT}/${path}`, 'utf8')).toBe(picture);
});

test('every error class has its place on the page of errors', () => {
  const { anchors } = pages.find(({ path }) => path === `${PAGES}/errors.md`)!;
  const classes = ['core', 'actors'].flatMap(name => {
    const source = readFileSync(`${ROOT}/packages/${name}/src/errors.ts`, 'utf8');
    return [...source.matchAll(/^export class (\w+)/gm)].map(match => match[1]!);
  });
  expect(classes.length).toBeGreaterThan(15);
  expect(classes.filter(name => name !== 'HeddleError' && !anchors.has(name.toLowerCase()))).toEqual([]);
});

test('every program that a page runs exists, and each is in a page', () => {
  expect([...new Set(named('RunExample'))].toSorted()).toEqual(programs.toSorted());
});

test.each(programs)('%s runs', async name => {
  const lines: string[] = [];
  const { run } = (await import(`${ROOT}/docs/run/${name}.ts`)) as {
    run(print: (text: string) => void): Promise<void>;
  };
  await run(line => lines.push(line));
  expect(lines.join('\n')).toMatch(/\d/);
});
