/** Follows the links of the documents as far as this machine goes: to files, pages and headings. Those to other hosts are only collected. */

import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { PAGES, ROOT, type Document } from './documents.ts';

export interface Found {
  readonly broken: readonly string[];
  readonly external: ReadonlyMap<string, string>;
}

/** Pages that are made when the site is built: from doc comments, and from documents that stand elsewhere. */
const MADE = /^docs\/pages\/(?:api\/|internals\/|conformance\/)/;

export function followLinks(documents: readonly Document[]): Found {
  const byPath = new Map(documents.map(document => [document.path, document]));
  const broken: string[] = [];
  const external = new Map<string, string>();
  for (const { path, links } of documents) {
    for (const { target, line } of links) {
      const where = `${path}:${line}`;
      if (/^https?:/.test(target)) {
        external.set(target, where);
        continue;
      }
      if (/^(?:mailto|data):/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? path : resolve(path, file);
      if (MADE.test(found)) continue;
      if (!existsSync(`${ROOT}/${found}`))
        broken.push(`${where}: ${target} leads to ${found}, which isn't there`);
      else if (anchor !== undefined && found.endsWith('.md') && !byPath.get(found)?.anchors.has(anchor)) {
        broken.push(`${where}: ${found} has no heading #${anchor}`);
      }
    }
  }
  return { broken, external };
}

/** From the root of the repository. On the site, `/guide/counter` is a page, and `./counter` one beside. */
function resolve(from: string, target: string): string {
  const onSite = from.startsWith(`${PAGES}/`);
  const plain = target.startsWith('/')
    ? onSite
      ? PAGES + target
      : target.slice(1)
    : posix.join(posix.dirname(from), target);
  if (!onSite) return plain.replace(/\/$/, '');
  const candidates = [
    plain,
    `${plain}.md`,
    posix.join(plain, 'index.md'),
    plain.replace(`${PAGES}/`, `${PAGES}/public/`),
  ];
  const found = candidates.find(
    each => existsSync(`${ROOT}/${each}`) && statSync(`${ROOT}/${each}`).isFile(),
  );
  return found ?? plain;
}
