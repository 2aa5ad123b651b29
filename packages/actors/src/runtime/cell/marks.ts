/** The yes or no of a cell that few ask for, as bits of one field: with a field for each, an idle actor would be a tenth heavier. */
export class Marks {
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
  /** The setup function is to run in its own turn. */
  declare toStart: boolean;
}

const NAMES = [
  'drains',
  'supervised',
  'leaving',
  'trapExit',
  'stopRequested',
  'settingUp',
  'toStart',
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
