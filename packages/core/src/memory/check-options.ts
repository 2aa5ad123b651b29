/** Checks what is passed as options. The usual mistake is Python's way of writing, `lock.acquire(5)`: ignored, it would wait for ever. */

/** Throws `TypeError` for what is no object; `example` shows what is expected. */
export function checkOptions(options: unknown, place: string, example: string): void {
  if (typeof options === 'object' && !Array.isArray(options)) return;
  const got = Array.isArray(options) ? 'an array' : `${String(options)} (${typeof options})`;
  throw new TypeError(`${place}: options must be an object, such as ${example}, got ${got}`);
}

/** Throws `TypeError` for an option that isn't `known`: a misspelt `maxsize` would mean no limit. One that is `undefined` says nothing. */
export function checkNames(options: object, known: ReadonlySet<string>, place: string): void {
  for (const name of Object.keys(options)) {
    if (known.has(name) || (options as Record<string, unknown>)[name] === undefined) continue;
    throw new TypeError(
      `${place}: there is no option "${name}"${suggestion(name, known)}; the options are ${[...known].join(', ')}`,
    );
  }
}

/** Says which option differs from the name only in case, which is the usual mistake. */
function suggestion(name: string, known: ReadonlySet<string>): string {
  const meant = [...known].find(each => each.toLowerCase() === name.toLowerCase());
  return meant === undefined ? '' : `, did you mean "${meant}"`;
}
