/** The error with which `explore` fails: what went wrong, how the threads stood, the interleaving, and how to see it again. */
import type { FailureKind, RawFailure, Stand } from '../crew/messages.ts';
import { formatTrace, letter } from '../trace.ts';
import { isOwn } from './frames.ts';
import { interleaving } from './interleaving.ts';

/** What is known beside the failing schedule itself. */
export interface Circumstances {
  readonly scenario: string;
  readonly threads: number;
  /** Files that the report looks through. */
  readonly through: readonly string[];
  readonly schedules: number;
  readonly strategy: string;
  /** Whether it failed again in fresh threads. */
  readonly reproduced: boolean;
  /** The schedule as it was found, before it was shortened. */
  readonly original: RawFailure;
}

function headline(failure: RawFailure): string {
  const { kind, error, thread } = failure;
  switch (kind) {
    case 'deadlock':
      return 'deadlock: every thread waits for another';
    case 'lost wakeup':
      return 'lost wakeup: somebody sleeps whom nobody will wake';
    case 'livelock':
      return 'livelock: the threads run, but get nowhere';
    case 'error':
      return `error in thread ${letter(thread)}: ${error!.name}: ${error!.message}`;
    case 'wrong end':
      return `wrong end: ${error!.name}: ${error!.message}`;
    case 'stuck':
      return `stuck: thread ${letter(thread)} runs without ever reaching an atomic step; a loop over plain reads can't be explored`;
    default:
      return 'a worker thread ended in the middle of a schedule';
  }
}

function stand({ thread, doing, waits }: Stand): string {
  const on = waits
    .map(({ place, expected, actual }) => {
      if (expected === undefined) return place;
      return expected === actual
        ? `${place} while it is ${expected}`
        : `${place} while it is ${expected}, although it is ${actual} by now`;
    })
    .join(', ');
  switch (doing) {
    case 'asleep':
      return `  ${letter(thread)} sleeps on ${on}`;
    case 'awaiting':
      return `  ${letter(thread)} awaits in its event loop${on === '' ? ', and nothing is pending' : `: waitAsync on ${on}`}`;
    case 'killed':
      return `  ${letter(thread)} was killed`;
    case 'ended':
      return `  ${letter(thread)} has ended`;
    case 'not begun':
      return `  ${letter(thread)} hasn't begun`;
    default:
      return `  ${letter(thread)} runs`;
  }
}

/** A schedule that fails. Thrown by `explore`; `message` is the whole report. */
export class ScheduleFailure extends Error {
  readonly kind: FailureKind;
  /** How many schedules were played until it was found, this one included. */
  readonly schedules: number;
  /** The seed whose schedule failed: `explore(scenario, { seed, schedules: 1 })` plays it again. */
  readonly seed: number;
  /** The shortened schedule: `explore(scenario, { replay: trace })` plays it again. */
  readonly trace: string;
  /** The error that a thread or `finally` threw; name, message and stack of the original. */
  readonly error: { readonly name: string; readonly message: string; readonly stack: string } | undefined;

  constructor(failure: RawFailure, about: Circumstances) {
    const trace = formatTrace(failure.segments);
    const { original } = about;
    const count = about.schedules === 1 ? 'the first schedule' : `schedule ${about.schedules}`;
    const lines = [
      headline(failure),
      `in "${about.scenario}", ${about.threads} threads, ${count} (${about.strategy}${original.seed === 0 ? '' : `, seed ${original.seed}`})`,
    ];
    if (failure.stands.length > 0) lines.push('', ...failure.stands.map(stand));
    if (failure.rows.length > 0) {
      const shorter = failure.steps < original.steps ? `, shortened from ${original.steps}` : '';
      lines.push('', `${failure.steps} steps${shorter}:`, '', interleaving(failure, about.through));
    }
    const frames = (failure.error?.stack ?? '')
      .split('\n')
      .filter(line => /^ +at /.test(line) && !isOwn(line));
    if (frames.length > 0) lines.push('', 'Thrown', ...frames.slice(0, 8));
    lines.push('');
    if (about.reproduced) {
      lines.push(`Again: explore(scenario, { replay: '${trace}' })`);
      if (original.seed !== 0)
        lines.push(
          `   or: explore(scenario, { strategy: '${original.strategy}', seed: ${original.seed}, schedules: 1 })`,
        );
    } else {
      lines.push(
        'It does not fail by itself in fresh threads: the code keeps something between schedules, outside of the state that setup() makes.',
        `Again: explore(scenario, { strategy: '${about.strategy}', seed: ${original.seed - about.schedules + 1}, schedules: ${about.schedules} })`,
      );
    }
    super(lines.join('\n'));
    this.name = 'ScheduleFailure';
    this.kind = failure.kind;
    this.schedules = about.schedules;
    this.seed = original.seed;
    this.trace = trace;
    this.error = failure.error;
  }
}
