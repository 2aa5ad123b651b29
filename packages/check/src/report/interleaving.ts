/** Writes a failing schedule as a table: step, thread, what it did to which word, and where in the source. */
import { KILL, OPERATION, OPERATION_NAMES, TIMER } from '../control/layout.ts';
import { letter } from '../trace.ts';
import { where } from './frames.ts';
import type { RawFailure, StepRow } from '../crew/messages.ts';

function value(number: number, bytes: number): string {
  if (bytes === -4) return String(number >>> 0);
  return String(number);
}

/** What a step did, as one would say it: `compareExchange lock[0]: 0 → 1`. */
function describe(row: StepRow): string {
  const { operation, place, bytes } = row;
  const a = value(row.a, bytes);
  const b = value(row.b, bytes);
  const result = value(row.result, bytes);
  switch (operation) {
    case OPERATION.load:
      return `load ${place} is ${result}`;
    case OPERATION.store:
    case OPERATION.exchange:
      return `${OPERATION_NAMES[operation]} ${place}: ${result} → ${a}`;
    case OPERATION.add:
    case OPERATION.sub:
    case OPERATION.and:
    case OPERATION.or:
    case OPERATION.xor:
      return `${OPERATION_NAMES[operation]} ${place}, ${a}: was ${result}`;
    case OPERATION.compareExchange:
      return row.a === row.result
        ? `compareExchange ${place}: ${a} → ${b}`
        : `compareExchange ${place}: ${a} → ${b} refused, it is ${result}`;
    case OPERATION.wait:
      return row.b === 1
        ? `wait ${place} while ${a}: falls asleep`
        : `wait ${place} while ${a}: goes on, it is ${result}`;
    case OPERATION.wake:
      return row.result === 2
        ? `wait ${place}: timed out`
        : `wait ${place}: woken${isTimer(row) ? ', after its deadline' : ''}`;
    case OPERATION.notify:
      return `notify ${place}${row.a === -1 ? '' : `, ${a}`}: ${result === '0' ? 'nobody waits' : `wakes ${result}`}`;
    case OPERATION.waitAsync:
      return row.b === 1
        ? `waitAsync ${place} while ${a}: pending`
        : `waitAsync ${place} while ${a}: not-equal, it is ${result}`;
    case OPERATION.pause:
      return 'pause';
    case OPERATION.kill:
      return 'is killed';
    case OPERATION.event:
      return (
        ['event loop: waitAsync is notified', 'event loop: setImmediate', 'event loop: timer fires'][row.a] ??
        'event loop'
      );
    default:
      return '';
  }
}

function isTimer({ candidate }: StepRow): boolean {
  return candidate >= TIMER && candidate < KILL;
}

/** Repetitions of the same few steps by one thread beyond this many are said in one line. */
const REPEATS = 3;

/** One line for each step; steps without an atomic operation are left out, and so is all but the beginning of a long spin. */
export function interleaving(failure: RawFailure, through: readonly string[]): string {
  const shown = failure.rows.filter(row => row.operation !== OPERATION.plain || row.candidate >= TIMER);
  const lines: Array<readonly [string, string, string]> = [];
  let last = -1;
  let repeated = 0;
  const texts: string[] = [];
  for (const row of shown) {
    const thread = row.candidate & (TIMER - 1);
    const what = `${isTimer(row) && row.operation !== OPERATION.wake ? 'time passes; ' : ''}${describe(row)}`;
    const line = `${what}@${row.stack}`;
    if (thread !== last) texts.length = 0;
    repeated = texts.slice(-4).includes(line) ? repeated + 1 : 0;
    texts.push(line);
    last = thread;
    if (repeated > REPEATS) {
      if (repeated > REPEATS + 1) lines.pop();
      lines.push(['', `   … and so on, ${repeated - REPEATS} steps more`, '']);
    } else lines.push([String(row.step), `${letter(thread)}  ${what}`, where(row.stack, through)]);
  }
  const width = Math.min(72, Math.max(...lines.map(([, what]) => what.length), 0));
  let before = '';
  return lines
    .map(([step, what, place]) => {
      const thread = what[0]!;
      const gap = before !== '' && thread !== ' ' && thread !== before ? '\n' : '';
      if (thread !== ' ') before = thread;
      return `${gap}${step.padStart(5)}  ${what.padEnd(width)}  ${place}`.trimEnd();
    })
    .join('\n');
}
