/**
 * Recognises the error that an engine throws when its stack is full. The language names no class or code for it.
 * V8 and JavaScriptCore throw a RangeError, SpiderMonkey an InternalError.
 */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof Error && /call stack|too much recursion/i.test(error.message);
}
