/** Checks what is passed as options. The usual mistake is Python's way of writing, `lock.acquire(5)`: ignored, it would wait for ever. */

/** Throws `TypeError` for what is no object; `example` shows what is expected. */
export function checkOptions(options: unknown, place: string, example: string): void {
  if (typeof options === 'object' && !Array.isArray(options)) return;
  const got = Array.isArray(options) ? 'an array' : `${String(options)} (${typeof options})`;
  throw new TypeError(`${place}: options must be an object, such as ${example}, got ${got}`);
}
