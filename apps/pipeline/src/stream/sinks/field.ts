// Takes what a column holds out of a value.

export type SqlValue = string | number | null;

/** Returns the property at a path such as `user.name`, as SQLite holds it: objects as JSON, true and false as 1 and 0. */
export function field(value: unknown, path: string): SqlValue {
  let found = value;
  for (const name of path.split('.')) {
    // Own properties only: a field called `constructor` is what the message says it is, or nothing.
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return null;
    found = (found as Record<string, unknown>)[name];
  }
  if (typeof found === 'string' || typeof found === 'number') return found;
  if (typeof found === 'boolean') return found ? 1 : 0;
  return found === null || found === undefined ? null : JSON.stringify(found);
}
