/**
 * Makes files of the code blocks: a folder for each document, whose blocks see each other by their names. A block's first line may name it, `// jobs.ts`;
 * the same name again is the next state of that file, as a tutorial goes on. What readers needn't see stands in HTML comments above a block:
 *
 *     <!-- given: import { Lock } from '@heddle/core'; declare const lock: Lock; -->   comes first; the block replaces `<here>` in it, if there is one
 *     <!-- only types -->           is compiled and not run
 *     <!-- runs -->                 is run although it says nothing of what it prints
 *     <!-- exit code 1 -->          ends so
 *     <!-- complains -->            writes to standard error, whatever it is
 *     <!-- not checked: why -->     is neither
 *
 * A block ` ```output ` below is what the program prints; `output stderr` what it complains; `output any-order` if threads take turns as they like.
 */

import type { Document } from './documents.ts';
import type { Block } from './markdown.ts';
import { observe, type Expectation } from './expectations.ts';

export interface Printed {
  readonly text: string;
  readonly anyOrder: boolean;
}

export interface Program {
  /** `README.md:12`, for people. */
  readonly title: string;
  /** Below the folder of all programs. */
  readonly folder: string;
  readonly file: string;
  readonly content: string;
  /** What is to be added to a line of the file to get the line of the document. */
  readonly offset: number;
  readonly document: string;
  readonly runs: boolean;
  readonly exitCode: number;
  readonly complains: boolean;
  readonly expectations: readonly Expectation[];
  readonly stdout: Printed | undefined;
  readonly stderr: Printed | undefined;
  /** Earlier blocks of the document that this one may import: file names and contents. */
  readonly beside: ReadonlyMap<string, string>;
}

/** Blocks that are excused, with their reasons. */
export interface Excused {
  readonly title: string;
  readonly reason: string;
}

const LANGUAGES = new Map([
  ['ts', 'ts'],
  ['typescript', 'ts'],
  ['js', 'js'],
  ['javascript', 'js'],
]);
const NAMED = /^\/\/ ([\w-]+(?:\.[\w-]+)*\.[jt]s)\b/;
const HERE = '<here>';

export function readPrograms(documents: readonly Document[]): { programs: Program[]; excused: Excused[] } {
  const programs: Program[] = [];
  const excused: Excused[] = [];
  for (const document of documents) {
    const beside = new Map<string, string>();
    let count = 0;
    document.blocks.forEach((block, index) => {
      const extension = LANGUAGES.get(block.language);
      if (extension === undefined) return;
      const title = `${document.path}:${block.line}`;
      const reason = note(block, 'not checked: ');
      if (reason !== undefined) {
        excused.push({ title, reason });
        return;
      }
      count += 1;
      const file = NAMED.exec(block.code)?.[1] ?? `block-${count}.${extension}`;
      const program = readProgram(document, block, file, {
        following: document.blocks.slice(index + 1),
        beside,
        count,
        title,
      });
      programs.push(program);
      beside.set(file, program.content);
    });
  }
  return { programs, excused };
}

interface Place {
  readonly following: readonly Block[];
  readonly beside: ReadonlyMap<string, string>;
  readonly count: number;
  readonly title: string;
}

function readProgram(document: Document, block: Block, file: string, place: Place): Program {
  const outputs = new Map<string, Printed>();
  for (const next of place.following) {
    if (next.language !== 'output') break;
    const words = next.meta.split(' ');
    outputs.set(words.includes('stderr') ? 'stderr' : 'stdout', {
      text: next.code,
      anyOrder: words.includes('any-order'),
    });
  }
  const observed = observe(block.code);
  const given = note(block, 'given:')?.trim();
  const [before = '', after = ''] =
    given === undefined ? [] : given.includes(HERE) ? given.split(HERE) : [`${given}\n`];
  const isModule = /^\s*(?:import|export)\b/m.test(before + block.code);
  const content = `${before}${observed.code}${after}${isModule ? '' : '\nexport {};\n'}`;
  const prefixLines = before.split('\n').length - 1;
  const isProgram = observed.expectations.length > 0 || outputs.size > 0 || /^main\(/m.test(block.code);
  const runs = (isProgram || has(block, 'runs')) && !has(block, 'only types');
  return {
    title: place.title,
    // Each state of a named file has a folder of its own, with what came before it.
    folder: `${document.path.replaceAll(/[/.]/g, '_')}/${place.count}`,
    file,
    content,
    offset: block.line - 1 - prefixLines,
    document: document.path,
    runs,
    exitCode: Number(note(block, 'exit code ') ?? 0),
    complains: has(block, 'complains'),
    expectations: observed.expectations.map(each => ({ ...each, line: each.line })),
    stdout: outputs.get('stdout'),
    stderr: outputs.get('stderr'),
    beside: new Map(place.beside),
  };
}

function note(block: Block, beginning: string): string | undefined {
  return block.notes.find(each => each.startsWith(beginning))?.slice(beginning.length);
}

function has(block: Block, words: string): boolean {
  return block.notes.includes(words);
}
