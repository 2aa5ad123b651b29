// Text of jobs, as a terminal or a page may show it: what a job has printed must not move the cursor, change what stands before it, or turn the reading order.

/** Control characters, but for those that make lines and columns; what turns the reading order; and what is no character. */
// eslint-disable-next-line no-control-regex
const UNSHOWN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Shows control characters as pictures of themselves (`␛`, `␀`), and others that can't be seen by their number (`⟨202E⟩`). */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSHOWN, each => {
    const code = each.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
