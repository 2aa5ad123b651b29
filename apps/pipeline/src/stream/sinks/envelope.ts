// Rows and dead letters as lines of JSON.

import type { DeadLetter, Result } from '../record.ts';

/** Returns a row with its key and where it comes from. */
export function envelope(result: Result, row: string, place: number): string {
  const { key, source, at } = result;
  const head = JSON.stringify({ key: place === 0 ? key : `${key}#${place + 1}`, source, received: at });
  return `${head.slice(0, -1)},"value":${row}}`;
}

export function deadLine({ key, source, at }: Result, { error, text }: DeadLetter): string {
  return JSON.stringify({ key, source, received: at, error, text });
}
