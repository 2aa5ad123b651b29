// The program: reads the command line, does what it says, and returns the exit code.

import { statSync } from 'node:fs';
import type { Interruption } from './interruption.ts';
import { type Options, parseOptions } from './options.ts';
import { compare } from './compare.ts';
import { indexFolder } from './index-folder.ts';
import { searchIndex } from './search/command.ts';
import { describe, EXIT, isTrouble, systemCode, Trouble } from './trouble.ts';

export async function runProgram(args: readonly string[], interruption: Interruption): Promise<number> {
  // `… | head` closes its end when it has enough: not an error.
  process.stdout.on('error', error => {
    if (systemCode(error) !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  let options: Options | number | undefined;
  try {
    options = parseOptions(args);
    if (typeof options === 'number') return options;
    if (options.search !== undefined) return searchIndex(options, options.search);
    checkFolder(options.folder);
    return await (options.compare ? compare : indexFolder)(options, interruption);
  } catch (error) {
    if (!isTrouble(error)) throw error;
    if (typeof options === 'object' && options.json) console.log(JSON.stringify({ error: error.message }));
    console.error(`heddle-pipeline: ${error.message}.`);
    return error.exitCode;
  }
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
