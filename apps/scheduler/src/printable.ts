// Text of jobs, as a terminal or a page may show it: what a job has printed must not move the cursor, change what stands before it, or turn the reading order.

/** Control characters, but for those that make lines and columns; what turns the reading order; and what is no character. */
const UNSHOWN = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Shows what can't be seen as it would be written in a string: `\\x1b`, `\\u202e`. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSHOWN, each => {
    const code = each.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}
