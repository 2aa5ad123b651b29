/**
 * Takes a document apart: its code blocks, its links, its headings. Knows as much of Markdown as our documents use: fenced blocks, inline code, HTML
 * comments, links in brackets or in `href` and `src`.
 */

/** A fenced code block. */
export interface Block {
  /** `ts`, `sh`, … or empty. */
  readonly language: string;
  /** What else stands on the opening line. */
  readonly meta: string;
  readonly code: string;
  /** The line of the document on which the code begins, from 1. */
  readonly line: number;
  /** The HTML comments directly above it, which tell the check what readers needn't see. */
  readonly notes: readonly string[];
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Parsed {
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** What can stand after `#`. */
  readonly anchors: ReadonlySet<string>;
}

const FENCE = /^( *)(`{3,})([\w-]*)[ \t]*([^\n`]*)$/;

export function parseMarkdown(text: string): Parsed {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  let notes: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const [, indent = '', ticks = '', language = '', meta = ''] = fence;
      const first = index + 1;
      let last = first;
      while (last < lines.length && lines[last]!.trim() !== ticks) last += 1;
      const code = lines.slice(first, last).map(each => each.slice(indent.length));
      blocks.push({ language, meta: meta.trim(), code: `${code.join('\n')}\n`, line: first + 1, notes });
      notes = [];
      index = last;
    } else if (line.startsWith('<!--')) {
      const first = index;
      while (index < lines.length - 1 && !lines[index]!.includes('-->')) index += 1;
      const comment = lines.slice(first, index + 1).join('\n');
      notes.push(comment.slice(4, comment.indexOf('-->')).trim());
    } else {
      if (line.trim() !== '') notes = [];
      readLine(line, index + 1, links, anchors);
    }
  }
  return { blocks, links, anchors };
}

function readLine(line: string, number: number, links: Link[], anchors: Set<string>): void {
  const prose = line.replaceAll(/`[^`]*`/g, code => '`'.repeat(code.length));
  for (const [, target] of prose.matchAll(/\]\(<?([^)>\s]+)>?(?: "[^"]*")?\)/g))
    links.push({ target: target!, line: number });
  for (const [, target] of prose.matchAll(/\b(?:href|src)="([^"]+)"/g))
    links.push({ target: target!, line: number });
  for (const [, id] of prose.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id!);
  const heading = /^#{1,6} +(.*?)(?: *\{#([\w-]+)\})? *$/.exec(line);
  if (heading === null) return;
  if (heading[2] !== undefined) anchors.add(heading[2]);
  const slug = slugOf(heading[1]!);
  let unique = slug;
  for (let n = 1; anchors.has(unique); n++) unique = `${slug}-${n}`;
  anchors.add(unique);
}

/** As GitHub and VitePress make them, for headings in plain words and code. */
export function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s+/g, '-');
}
