// Which modules jobs may name: those in the folder of jobs, whatever links and dots a path is made of. What was installed there isn't meant: a package's function,
// called with arguments from outside, may do anything (`execa(args)`).

import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

const EXTENSIONS = /\.(js|mjs|ts|mts)$/;

/** Says what is wrong with a module's path as such; undefined if it is fine. */
export function modulePathFault(module: string): string | undefined {
  const isPath = !isAbsolute(module) && !module.includes('\0') && EXTENSIONS.test(module);
  if (!isPath) return 'must be the path of a .js, .mjs, .ts or .mts file inside of the folder of jobs';
  const parts = module.split(/[/\\]/);
  if (parts.includes('..')) return 'lies outside of the folder of jobs';
  return isInstalled(parts) ? "must be a module of yours, not one of a package's" : undefined;
}

/** Returns the file that a job's module means. Throws if there is none, or if it isn't inside of the folder. */
export function findModule(jobs: string | null, module: string): string {
  if (jobs === null) throw new Error(`module "${module}": there is no folder of jobs. Name one with --jobs`);
  const fault = modulePathFault(module);
  if (fault !== undefined) throw new Error(`module "${module}": ${fault}, ${jobs}`);
  let file: string;
  try {
    file = realpathSync(resolve(jobs, module));
  } catch {
    throw new Error(`module "${module}": there is no such file in ${jobs}`);
  }
  // Links have been followed.
  const path = relative(jobs, file);
  const isOutside = path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
  if (isOutside || !EXTENSIONS.test(file) || isInstalled(path.split(sep))) {
    throw new Error(`module "${module}": lies outside of ${jobs}`);
  }
  return file;
}

function isInstalled(parts: readonly string[]): boolean {
  return parts.some(part => part.toLowerCase() === 'node_modules');
}
