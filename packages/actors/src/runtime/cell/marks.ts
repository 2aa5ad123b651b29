import { OpenMailbox } from '../../mailbox/mailbox.ts';

/** The yes or no of a cell, as bits of one field: with a field for each, an idle actor would be a seventh heavier. Those that each message asks for have names of their own. */

/** It is in the dispatcher's line, or has its visit. */
export const QUEUED = 1;
/** No message is taken any more: it ends, or has ended for good. */
export const REFUSES = 2;
/** The behaviour has a state of its own, which goes through its callbacks. */
export const STATEFUL = 4;
/** The setup function is to run in its own turn. */
export const TO_START = 8;

export class Marks extends OpenMailbox {
  /** @internal */
  marks = 0;
  /** Whether a stop lets it handle what it has. */
  declare drains: boolean;
  /** Whether a supervisor decides what becomes of it after its end. */
  declare supervised: boolean;
  /** Whether it ends because its supervisor wants it to, who then waits for it and needn't be told. */
  declare leaving: boolean;
  declare trapExit: boolean;
  declare stopRequested: boolean;
  /** The setup function is under way. */
  declare settingUp: boolean;
  /** As `QUEUED`, `REFUSES`, `STATEFUL`, `TO_START`. */
  declare queued: boolean;
  declare refuses: boolean;
  declare stateful: boolean;
  declare toStart: boolean;
}

/** By the order of their bits. */
const NAMES = [
  'queued',
  'refuses',
  'stateful',
  'toStart',
  'drains',
  'supervised',
  'leaving',
  'trapExit',
  'stopRequested',
  'settingUp',
] satisfies (keyof Marks)[];

NAMES.forEach((name, index) => {
  const bit = 1 << index;
  Object.defineProperty(Marks.prototype, name, {
    get(this: Marks) {
      return (this.marks & bit) !== 0;
    },
    set(this: Marks, on: boolean) {
      this.marks = on ? this.marks | bit : this.marks & ~bit;
    },
  });
});
