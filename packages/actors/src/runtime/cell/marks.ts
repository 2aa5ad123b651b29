/** The yes or no of a cell that few ask for, as bits of one field: with a field for each, an idle actor would be a tenth heavier. */

const DRAINS = 1;
const SUPERVISED = 2;
const LEAVING = 4;
const TRAPS_EXIT = 8;
const STOP_REQUESTED = 16;
const SETTING_UP = 32;
const TO_START = 64;

export class Marks {
  private marks = 0;

  /** Whether a stop lets it handle what it has. */
  get drains(): boolean {
    return (this.marks & DRAINS) !== 0;
  }

  set drains(on: boolean) {
    this.mark(DRAINS, on);
  }

  /** Whether a supervisor decides what becomes of it after its end. */
  get supervised(): boolean {
    return (this.marks & SUPERVISED) !== 0;
  }

  set supervised(on: boolean) {
    this.mark(SUPERVISED, on);
  }

  /** Whether it ends because its supervisor wants it to, who then waits for it and needn't be told. */
  get leaving(): boolean {
    return (this.marks & LEAVING) !== 0;
  }

  set leaving(on: boolean) {
    this.mark(LEAVING, on);
  }

  get trapExit(): boolean {
    return (this.marks & TRAPS_EXIT) !== 0;
  }

  set trapExit(on: boolean) {
    this.mark(TRAPS_EXIT, on);
  }

  get stopRequested(): boolean {
    return (this.marks & STOP_REQUESTED) !== 0;
  }

  set stopRequested(on: boolean) {
    this.mark(STOP_REQUESTED, on);
  }

  /** The setup function is under way. */
  get settingUp(): boolean {
    return (this.marks & SETTING_UP) !== 0;
  }

  set settingUp(on: boolean) {
    this.mark(SETTING_UP, on);
  }

  /** The setup function is to run in its own turn. */
  get toStart(): boolean {
    return (this.marks & TO_START) !== 0;
  }

  set toStart(on: boolean) {
    this.mark(TO_START, on);
  }

  private mark(bit: number, on: boolean): void {
    this.marks = on ? this.marks | bit : this.marks & ~bit;
  }
}
