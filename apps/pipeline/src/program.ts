// The program: reads the command line, does what it says, and returns the exit code.

import { statSync } from 'node:fs';
import type { Interruption } from './interruption.ts';
import { type Options, parseOptions } from './options.ts';
import { describe, EXIT, isTrouble, systemCode, Trouble } from './trouble.ts';

export async function runProgram(args: readonly string[], interruption: Interruption): Promise<number> {
  // `… | head` closes its end when it has enough: not an error.
  process.stdout.on('error', error => {
    if (systemCode(error) !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  let options: Options | number | undefined;
  try {
    // Loaded only then: indexing a folder needs nothing of it.
    if (args[0] === 'stream') {
      const { streamCommand } = await import('./stream/command.ts');
      return await streamCommand(args.slice(1), interruption).catch(exitWith);
    }
    const [first] = args;
    if (first !== undefined && first !== '' && !first.startsWith('-')) {
      const is = `there is no command ${JSON.stringify(first)}`;
      const what = 'The only one is "stream"; a folder is indexed with --folder, a text found with --search';
      throw new Trouble(`${is}. ${what}`, { exitCode: EXIT.usage });
    }
    options = parseOptions(args);
    if (typeof options === 'number') return options;
    if (options.search !== undefined) {
      const { searchIndex } = await import('./search/command.ts');
      return searchIndex(options, options.search);
    }
    checkFolder(options.folder);
    if (options.compare) {
      const { compare } = await import('./compare.ts');
      return await compare(options, interruption);
    }
    return await index(options, interruption);
  } catch (error) {
    if (!isTrouble(error)) throw error;
    if (typeof options === 'object' && options.json) console.log(JSON.stringify({ error: error.message }));
    console.error(`heddle-pipeline: ${error.message}.`);
    return error.exitCode;
  }
}

async function index(options: Options, interruption: Interruption): Promise<number> {
  let threadsUp: Promise<void> | undefined;
  if (options.workers > 0) {
    const { warmUp } = await import('./run/warm-up.ts');
    // The reader's, the writer's and the parsers'.
    threadsUp = warmUp(options.workers + 2);
  }
  const { indexFolder } = await import('./index-folder.ts');
  return await indexFolder(options, interruption, threadsUp);
}

/** A stream that has failed may have threads that will never end by themselves. */
function exitWith(error: unknown): never {
  if (!isTrouble(error)) console.error(error);
  else console.error(`heddle-pipeline: ${error.message}.`);
  process.exit(isTrouble(error) ? error.exitCode : EXIT.failure);
}

function checkFolder(folder: string): void {
  let isFolder: boolean;
  try {
    isFolder = statSync(folder).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new Trouble(`${folder}: there is no such folder`);
    throw new Trouble(`${folder}: ${describe(error)}`, { cause: error });
  }
  if (!isFolder) throw new Trouble(`${folder}: this is not a folder`);
}
