/** A schedule as text: who took how many steps. `A12 B3 a C !B` is twelve steps of A, three of B, time passing to A's deadline, one step of C, the death of B. */
import { KILL, TIMER } from './control/layout.ts';
import type { Segment } from './crew/messages.ts';

/** The letter by which traces and reports call a thread. */
export function letter(thread: number): string {
  return String.fromCharCode(65 + thread);
}

export function formatTrace(segments: readonly Segment[]): string {
  return segments
    .map(([candidate, count]) => {
      if (candidate >= KILL) return `!${letter(candidate - KILL)}`;
      const name = String.fromCharCode((candidate < TIMER ? 65 : 97) + (candidate & (TIMER - 1)));
      return count === 1 ? name : `${name}${count}`;
    })
    .join(' ');
}

/** Throws `TypeError` for what is no trace. */
export function parseTrace(text: string): Segment[] {
  return text
    .trim()
    .split(/\s+/)
    .map(word => {
      const match = /^(?:!([A-P])|([A-Pa-p])(\d*))$/.exec(word);
      if (match === null)
        throw new TypeError(`check: "${word}" is no part of a trace, which looks like "A12 B3 a C"`);
      if (match[1] !== undefined) return [KILL + match[1].charCodeAt(0) - 65, 1] as const;
      const code = match[2]!.charCodeAt(0);
      const candidate = code < 97 ? code - 65 : TIMER + code - 97;
      return [candidate, match[3] === '' ? 1 : Number(match[3])] as const;
    });
}
