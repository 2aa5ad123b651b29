// Names the language of a file, by its name and, for scripts without an extension, by its first line; and says which words of a
// language can't be names.

import type { KeywordSet } from './keyword-set.ts';
import { KEYWORDS } from './keywords.ts';

const BY_EXTENSION: Readonly<Record<string, string>> = {
  asm: 'Assembly',
  bash: 'Shell',
  bat: 'Batch',
  c: 'C',
  cc: 'C++',
  cjs: 'JavaScript',
  cmake: 'CMake',
  cmd: 'Batch',
  cpp: 'C++',
  cs: 'C#',
  css: 'CSS',
  csv: 'CSV',
  cts: 'TypeScript',
  erl: 'Erlang',
  ex: 'Elixir',
  flow: 'Flow',
  go: 'Go',
  gyp: 'GYP',
  gypi: 'GYP',
  h: 'C',
  hpp: 'C++',
  htm: 'HTML',
  html: 'HTML',
  inc: 'C',
  ini: 'INI',
  java: 'Java',
  js: 'JavaScript',
  json: 'JSON',
  json5: 'JSON',
  jsonc: 'JSON',
  jsx: 'JavaScript',
  kt: 'Kotlin',
  less: 'CSS',
  lua: 'Lua',
  map: 'Source map',
  markdown: 'Markdown',
  md: 'Markdown',
  mdx: 'Markdown',
  mjs: 'JavaScript',
  mts: 'TypeScript',
  php: 'PHP',
  pl: 'Perl',
  ps1: 'PowerShell',
  py: 'Python',
  rb: 'Ruby',
  rs: 'Rust',
  s: 'Assembly',
  sass: 'CSS',
  scss: 'CSS',
  sh: 'Shell',
  sql: 'SQL',
  svelte: 'Svelte',
  svg: 'XML',
  swift: 'Swift',
  toml: 'TOML',
  ts: 'TypeScript',
  tsv: 'CSV',
  tsx: 'TypeScript',
  txt: 'Text',
  vue: 'Vue',
  wat: 'WebAssembly',
  xml: 'XML',
  yaml: 'YAML',
  yml: 'YAML',
  zig: 'Zig',
  zsh: 'Shell',
};

const BY_NAME: Readonly<Record<string, string>> = {
  'cmakelists.txt': 'CMake',
  authors: 'Text',
  changelog: 'Text',
  contributing: 'Text',
  copying: 'Text',
  dockerfile: 'Dockerfile',
  licence: 'Text',
  license: 'Text',
  makefile: 'Makefile',
  notice: 'Text',
  readme: 'Text',
};

const BY_INTERPRETER: readonly (readonly [RegExp, string])[] = [
  [/\b(node|bun|deno)\b/, 'JavaScript'],
  [/\b(ba|z|da|k)?sh\b/, 'Shell'],
  [/\bpython/, 'Python'],
  [/\bruby/, 'Ruby'],
  [/\bperl/, 'Perl'],
];

/** What a file is called whose language can't be told. */
export const OTHER = 'Other';

/** Returns the language of the text `bytes` that lies at `path`. */
export function languageOf(path: string, bytes: Buffer): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  // A leading dot hides a file and begins no extension.
  const byExtension = dot > 0 ? own(BY_EXTENSION, name.slice(dot + 1)) : undefined;
  return own(BY_NAME, name) ?? byExtension ?? byFirstLine(bytes) ?? OTHER;
}

/** Returns the words of a language that can't be names, or undefined for languages that name nothing, such as prose. */
export function keywordsOf(language: string): KeywordSet | undefined {
  return KEYWORDS.get(language);
}

/** A plain property read would find `constructor` in every object. */
function own(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

function byFirstLine(bytes: Buffer): string | undefined {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return undefined;
  const lineFeed = bytes.indexOf(0x0a);
  const line = bytes.toString('latin1', 2, Math.min(lineFeed === -1 ? bytes.length : lineFeed, 200));
  return BY_INTERPRETER.find(([pattern]) => pattern.test(line))?.[1];
}
