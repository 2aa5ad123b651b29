/** Tells the program's lines of a stack from those of the explorer and of Node. */

/** Where this copy of the explorer lies, whether as source or compiled. */
const HOME = new URL('..', import.meta.url).href;

export function isOwn(line: string): boolean {
  return line.includes('node:') || line.includes(HOME);
}

/** `file.ts:12 function ← caller` of the innermost frame that is the program's, looking through the files named. */
export function where(stack: string, through: readonly string[]): string {
  const frames = stack
    .split('\n')
    .slice(1)
    .map(line => line.trim().replace(/^at (async )?/, ''))
    .filter(line => !isOwn(line) && !through.some(part => line.includes(part)));
  const match = /^(?:(.*) \()?(?:file:\/\/)?(.*?):(\d+):\d+\)?$/.exec(frames[0] ?? '');
  if (match === null) return frames[0] ?? '';
  const [, name, file, line] = match;
  const caller = /^(?:(.*) \()?/.exec(frames[1] ?? '')?.[1];
  const calls = [name, caller]
    .map(each => each?.replace(/^(Object|Module)\./, '') ?? '')
    // V8 makes up names for functions that have none: `scenario.threads.cells`.
    .filter(each => /^(async )?(new )?[\w$#]+(\.[\w$#]+)?$/.test(each) && !each.startsWith('scenario.'));
  return `${file!.slice(file!.lastIndexOf('/') + 1)}:${line}${calls.length > 0 ? ` ${calls.join(' ← ')}` : ''}`;
}
