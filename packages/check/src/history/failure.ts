/** The error with which a history is refused: what can't have happened, what could have been instead, and the calls that say so, drawn along the clock. */
import type { Contradiction } from './linearizable.ts';
import type { Model } from './model.ts';
import type { Operation } from './operation.ts';
import { describe } from './operation.ts';

/** Lines of a report, at most: of longer histories the last ones. */
const LINES = 24;
const STATES = 6;
/** Characters of the clock's drawing. */
const WIDTH = 32;

/** A history that no order of its calls explains. Thrown by `checkLinearizable`; `message` is the whole report. */
export class HistoryFailure extends Error {
  /** The calls that contradict the model, as few as were found, by their beginning. */
  readonly operations: readonly Operation[];
  /** The first of them, by the time of its return, that can't have returned what it did. */
  readonly culprit: Operation;
  /** The states that were possible just before it returned, calls in flight left out, as the model shows them. */
  readonly before: readonly string[];

  constructor(found: Contradiction, model: Pick<Model<unknown>, 'name'>, length: number) {
    const { culprit, before } = found;
    const operations = found.operations.toSorted((a, b) => a.from - b.from);
    const where = culprit.object === undefined ? '' : ` of ${culprit.object}`;
    const states = before.slice(0, STATES).join('  or  ');
    const more = before.length > STATES ? `  or ${before.length - STATES} others` : '';
    super(
      [
        `not linearizable as ${model.name}: ${culprit.thread} called ${describe(culprit)}${where}, which can't be`,
        `before the calls that were in flight then: ${states}${more}`,
        '',
        ...drawn(operations, culprit),
        '',
        operations.length < length
          ? `${operations.length} of ${length} calls: without the others it is as wrong.`
          : `${length} calls.`,
      ].join('\n'),
    );
    this.name = 'HistoryFailure';
    this.operations = operations;
    this.culprit = culprit;
    this.before = before;
  }
}

/** One line for each call, by its beginning; time goes from left to right, by events and not by their distance. */
function drawn(operations: readonly Operation[], culprit: Operation): string[] {
  // What was in flight together with it, and of all the rest the last.
  const near = operations.filter(({ to }) => to > culprit.from);
  const before = operations.filter(({ to }) => to <= culprit.from);
  const shown = [...before.slice(-Math.max(3, LINES - near.length)), ...near].toSorted(
    (a, b) => a.from - b.from,
  );
  const times = shown
    .flatMap(({ from, to }) => (to === Infinity ? [from] : [from, to]))
    .toSorted((a, b) => a - b);
  const scale = Math.min(2, WIDTH / Math.max(1, times.length));
  const column = (time: number): number =>
    Math.floor((time === Infinity ? times.length : times.indexOf(time)) * scale);
  const width = Math.max(...shown.map(each => `${each.thread}  ${describe(each)}`.length));
  const lines = shown.map(operation => {
    const [begin, end] = [column(operation.from), column(operation.to)];
    const bar = `├${'─'.repeat(Math.max(0, end - begin - 1))}${operation.to === Infinity ? '…' : '┤'}`;
    const mark = isSame(operation, culprit) ? '  ◀ no' : '';
    return `  ${`${operation.thread}  ${describe(operation)}`.padEnd(width)}  ${' '.repeat(begin)}${bar}${mark}`;
  });
  const earlier = operations.length - shown.length;
  return earlier === 0 ? lines : [`  … without ${earlier} earlier calls`, ...lines];
}

function isSame(a: Operation, b: Operation): boolean {
  return a.thread === b.thread && a.from === b.from;
}
