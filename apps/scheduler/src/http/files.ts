// The files of the page. They are few, and known by name: no path of a request is ever a path on the disk.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const page = (name: string): string => fileURLToPath(new URL(`../../page/${name}`, import.meta.url));
const script = (name: string): string => fileURLToPath(new URL(`../page/${name}`, import.meta.url));

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';
const SVG = 'image/svg+xml';

const SCRIPTS = [
  'main.js',
  'api.js',
  'dom.js',
  'timeline.js',
  'jobs.js',
  'groups.js',
  'history.js',
  'form.js',
  'format.js',
  'live.js',
];

/** Reads them. Throws if one is missing: then the program isn't whole. */
export function readPage(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>([
    ['/', { type: HTML, content: readFileSync(page('index.html')) }],
    ['/style.css', { type: CSS, content: readFileSync(page('style.css')) }],
    ['/icon.svg', { type: SVG, content: readFileSync(page('icon.svg')) }],
  ]);
  const shared = fileURLToPath(new URL('../printable.js', import.meta.url));
  files.set('/printable.js', { type: JS, content: readFileSync(shared) });
  for (const name of SCRIPTS) files.set(`/${name}`, { type: JS, content: readFileSync(script(name)) });
  return files;
}
