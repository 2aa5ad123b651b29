// Makes a value of a line's bytes, by the source's format. What can't be understood throws an error that says where.

import type { Format } from '../record.ts';
import { parseSyslog } from './syslog.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });

export interface Parsed {
  readonly text: string;
  readonly value: unknown;
}

/** JSON must be UTF-8, as RFC 8259 has it. In text and syslog, bytes that aren't UTF-8 become U+FFFD. */
export function parseLine(bytes: Uint8Array, format: Format): Parsed {
  if (format !== 'json') {
    const text = lossy.decode(bytes);
    return { text, value: format === 'text' ? text : parseSyslog(text) };
  }
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    throw new SyntaxError(`not UTF-8, from byte ${firstBad(bytes) + 1} on; JSON must be`);
  }
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new SyntaxError(`not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Returns where the bytes stop being UTF-8: the longest beginning that is. */
function firstBad(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle - 1;
    }
  }
  // The last sequence of these may only have begun; then it is the one that is broken.
  while (good > 0 && !isUtf8(bytes.subarray(0, good))) good -= 1;
  return good;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
