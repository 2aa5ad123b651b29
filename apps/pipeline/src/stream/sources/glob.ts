// Expands patterns such as `logs/**/*.ndjson`.

import { glob, stat } from 'node:fs/promises';

/** Returns the regular files that the patterns match, once each, sorted. A pattern that is the name of a file means that file. */
export async function expand(patterns: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    if (await isFile(pattern)) found.add(pattern);
    else for await (const path of glob(pattern)) if (await isFile(path)) found.add(path);
  }
  return [...found].sort();
}

export function hasWildcard(pattern: string): boolean {
  return /[*?[\]{}]/.test(pattern);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
