/** Which documents there are: all that git knows or would take, but for changelogs and what a tool makes. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseMarkdown, type Parsed } from './markdown.ts';

export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
/** The folder of the site's pages, where a link `/guide/counter` begins. */
export const PAGES = 'docs/pages';

export interface Document extends Parsed {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function readDocuments(): Document[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter(path => path !== '' && !path.startsWith('.changeset/') && !path.endsWith('CHANGELOG.md'))
    .filter(path => existsSync(`${ROOT}/${path}`))
    .toSorted()
    .map(path => {
      const text = readFileSync(`${ROOT}/${path}`, 'utf8');
      return { path, text, ...parseMarkdown(text) };
    });
}
