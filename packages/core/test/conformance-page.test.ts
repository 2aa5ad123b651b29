/** Holds CONFORMANCE.md to the truth: whatever test it names is in the sources, under that title. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const page = readFileSync(new URL('CONFORMANCE.md', root), 'utf8');

/** The cells of each row of a table that says something about a case. */
const rows: string[][] = page
  .split('\n')
  .filter(line => /^\| \w/.test(line) && !line.startsWith('| case |'))
  .map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  );

const sources = new Map<string, string>();

function sourceOf(file: string): string {
  let source = sources.get(file);
  if (source === undefined) {
    source = readFileSync(new URL(file.startsWith('src/') ? file : `test/${file}`, root), 'utf8');
    sources.set(file, source);
  }
  return source;
}

/** Whether the source has that text as a whole literal, which a title is. */
function hasTitle(source: string, title: string): boolean {
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some(literal => source.includes(literal));
}

describe('CONFORMANCE.md', () => {
  it('has a verdict of three for each case', () => {
    expect(rows.length).toBeGreaterThan(150);
    for (const row of rows) {
      expect(row, row[0]).toHaveLength(4);
      expect(['kept', 'adapted', 'n/a'], row[0]).toContain(row[1]);
    }
  });

  it('names a test for each case that is kept or adapted, and says why for each that is adapted or not applicable', () => {
    for (const [name, verdict, where, remark] of rows) {
      if (verdict === 'n/a') expect(where, name).toBe('');
      else expect(where, name).toMatch(/^`[\w./-]+\.test\.ts`: ".+"$/);
      if (verdict !== 'kept') expect(remark, name).not.toBe('');
    }
  });

  it('names no test that is not there', () => {
    for (const [name, , where] of rows) {
      const named = /^`([^`]+)`: "(.+)"$/.exec(where!);
      if (named === null) continue;
      const source = sourceOf(named[1]!);
      expect(hasTitle(source, named[2]!.replaceAll('\\"', '"')), `${name}: ${named[2]} in ${named[1]}`).toBe(
        true,
      );
    }
  });

  it('names none in a remark either', () => {
    const all = rows.flatMap(([, , where]) => /^`([^`]+)`/.exec(where!)?.[1] ?? []).map(sourceOf);
    for (const [name, , , remark] of rows) {
      for (const [, title] of remark!.matchAll(/: "([^"]+)"/g)) {
        expect(
          all.some(source => hasTitle(source, title!)),
          `${name}: ${title}`,
        ).toBe(true);
      }
    }
  });

  it('names each case once within a table', () => {
    let seen = new Set<string>();
    for (const line of page.split('\n')) {
      if (line.startsWith('## ')) seen = new Set();
      const name = /^\| (\w[^|]*) \|/.exec(line)?.[1];
      if (name === undefined || name === 'case') continue;
      expect(seen.has(name), name).toBe(false);
      seen.add(name);
    }
  });
});
