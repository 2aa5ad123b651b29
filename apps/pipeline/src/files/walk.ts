// Lists the regular files of a folder, as `find -type f` does: every depth, hidden ones too, symbolic links not followed. The
// order is the same at every run. A folder that can't be listed is reported and the walk goes on. It goes folder by folder, so
// that the first files can be read before the last ones are known.

import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { describe } from '../trouble.ts';
import type { ClosedFolder } from '../message.ts';

/** One regular file. */
export interface Entry {
  /** Relative to the folder, with `/`. Bytes that aren't UTF-8 are shown as `\xNN`. */
  readonly path: string;
  /** What to open: a buffer where the name isn't UTF-8, because no string names such a file. */
  readonly at: string | Buffer;
}

/** What one folder holds, without those in it. */
export interface Listing {
  readonly files: readonly Entry[];
  /** The folder itself, if it couldn't be listed. */
  readonly closed: ClosedFolder | undefined;
}

/** Yields what is in `folder`, one folder after the other. `exclude` holds absolute paths that are left out: the database lies there perhaps. */
export function* walk(folder: string, exclude: ReadonlySet<string>): Generator<Listing, void, void> {
  const pending: { path: string; at: string | Buffer }[] = [{ path: '', at: folder }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, at } = next;
    const files: Entry[] = [];
    const folders: { path: string; at: string | Buffer }[] = [];
    const { children, closed } = list(path, at);
    for (const child of children) {
      const entry = { path: path === '' ? child.name : `${path}/${child.name}`, at: child.at };
      if (child.isFolder) folders.push(entry);
      else if (typeof child.at !== 'string' || !exclude.has(child.at)) files.push(entry);
    }
    // Reversed, because the last one in is the first one out.
    pending.push(...folders.reverse());
    yield { files, closed };
  }
}

interface Child {
  readonly name: string;
  readonly at: string | Buffer;
  readonly isFolder: boolean;
}

function list(path: string, at: string | Buffer): { children: Child[]; closed: ClosedFolder | undefined } {
  try {
    return { children: typeof at === 'string' ? byNames(at) : byBytes(at), closed: undefined };
  } catch (error) {
    const closed = {
      kind: 'closed folder',
      path: path === '' ? '.' : path,
      detail: describe(error),
    } as const;
    return { children: [], closed };
  }
}

function byNames(at: string): Child[] {
  const children: Child[] = [];
  for (const dirent of readdirSync(at, { withFileTypes: true })) {
    // The decoder's sign for bytes that aren't UTF-8 (or a name that really holds U+FFFD, for which bytes are right too).
    if (dirent.name.includes('\uFFFD')) return byBytes(Buffer.from(at));
    if (isListed(dirent)) {
      children.push({ name: dirent.name, at: join(at, dirent.name), isFolder: dirent.isDirectory() });
    }
  }
  return children.sort(byName);
}

function byBytes(at: Buffer): Child[] {
  const children: Child[] = [];
  for (const dirent of readdirSync(at, { withFileTypes: true, encoding: 'buffer' })) {
    if (!isListed(dirent)) continue;
    const bytes = Buffer.concat([at, Buffer.from('/'), dirent.name]);
    children.push({ name: printable(dirent.name), at: bytes, isFolder: dirent.isDirectory() });
  }
  return children.sort(byName);
}

function isListed(dirent: Dirent<string> | Dirent<Buffer<ArrayBuffer>>): boolean {
  return dirent.isFile() || dirent.isDirectory();
}

function byName(a: Child, b: Child): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

/** Decodes a name, with `\xNN` for each byte that isn't part of UTF-8: two such names never look the same. */
function printable(name: Buffer): string {
  let text = '';
  for (let i = 0; i < name.length;) {
    const length = characterLength(name[i]!);
    const character = name.subarray(i, i + length).toString('utf8');
    if (character.includes('\uFFFD')) {
      text += `\\x${name[i]!.toString(16).padStart(2, '0')}`;
      i += 1;
    } else {
      text += character;
      i += length;
    }
  }
  return text;
}

function characterLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
