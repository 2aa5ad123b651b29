/** A system as text: its threads, then the tree. Fits the width; what an actor died of last has a line of its own where there is no room beside. */
import type { Line } from '../observability/inspector.ts';
import type { ActorInfo, ThreadInfo } from '../observability/tree.ts';

/** A thread whose turn lasts longer than this is stuck in an actor: turns take five. */
const STUCK_MS = 100;
const SHORTEST_NAME = 14;
const LONGEST_NAME = 48;
/** An error with less room than this gets a line of its own. */
const ROOM_FOR_ERROR = 60;

/** The columns of the tree after the name. */
const COLUMNS: readonly [head: string, width: number, cell: (actor: ActorInfo) => string][] = [
  ['THR', 4, ({ thread }) => String(thread)],
  ['WAITING', 8, ({ waiting }) => number(waiting)],
  ['HANDLED', 8, ({ handled }) => number(handled)],
  ['MSG/S', 7, ({ rate }) => number(rate)],
  ['BUSY', 6, ({ busyShare }) => share(busyShare)],
  ['RESTARTS', 9, ({ restarts }) => number(restarts)],
];
const STATE = 12;
/** Where a thread's line says what it runs. */
const BEFORE_RUNS = 48;
const LEAST_OF_A_PATH = 6;
const FIXED = COLUMNS.reduce((sum, [, width]) => sum + width, STATE);

interface Row {
  readonly indent: number;
  readonly actor: ActorInfo;
}

/** The first `rows` lines, each at most `columns` long. */
export function renderSystem(line: Line, columns: number, rows: number): string {
  const { system, pid, root, threads } = line;
  const tree = root.children.flatMap(child => rowsOf(child, 0));
  const longest = tree.reduce((most, row) => Math.max(most, nameOf(row).length), 'ACTOR'.length);
  const widest =
    columns === Infinity ? longest : Math.max(SHORTEST_NAME, Math.min(LONGEST_NAME, columns - FIXED - 1));
  const width = Math.min(longest, widest);
  const beside = columns - width - FIXED - 2 >= ROOM_FOR_ERROR;
  const out = [
    `${system}, process ${pid}: ${plural(tree.length, 'actor')} on ${plural(threads.length, 'thread')}`,
    '',
    threadLine('THREAD', 'ACTORS', 'WAITING', 'MSG/S', 'BUSY', 'RUNS'),
    ...threads.map(thread => threadRow(thread, columns)),
    '',
    `${'ACTOR'.padEnd(width)} ${'STATE'.padEnd(STATE - 1)}${COLUMNS.map(([head, size]) => head.padStart(size)).join('')}${beside ? '  LAST ERROR' : ''}`,
  ];
  for (const row of tree) {
    const { actor, indent } = row;
    const cells = COLUMNS.map(([, size, cell]) => cell(actor).padStart(size)).join('');
    const state = actor.busy ? 'busy' : actor.state;
    const error = actor.lastError ?? '';
    out.push(
      `${cut(nameOf(row), width).padEnd(width)} ${state.padEnd(STATE - 1)}${cells}${beside ? `  ${error}` : ''}`,
    );
    if (!beside && error !== '') out.push(`${' '.repeat(indent + 2)}! ${error}`);
  }
  const shown = out.slice(0, rows);
  if (out.length > rows) shown[rows - 1] = `… and ${out.length - rows + 1} lines more (--once shows all)`;
  return `${shown.map(text => cut(printable(text.trimEnd()), columns)).join('\n')}\n`;
}

function rowsOf(actor: ActorInfo, indent: number): Row[] {
  return [{ indent, actor }, ...actor.children.flatMap(child => rowsOf(child, indent + 2))];
}

function nameOf({ indent, actor }: Row): string {
  return ' '.repeat(indent) + actor.path.slice(actor.path.lastIndexOf('/') + 1);
}

/** What a program calls its actors, and what they die of, mustn't steer the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are meant
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\u{fffd}');
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function threadLine(...cells: string[]): string {
  const [name, ...rest] = cells;
  const last = rest.pop()!;
  return `${name!.padEnd(10)}${rest.map(cell => cell.padStart(9)).join('')}  ${last}`;
}

function threadRow(thread: ThreadInfo, columns: number): string {
  const { turnMs, running = '' } = thread;
  const seconds = ((turnMs ?? 0) / 1000).toFixed(1);
  const stuck = (turnMs ?? 0) > STUCK_MS ? ` for ${seconds} s: STUCK` : '';
  // That it is stuck is what counts; and the end of a path says more than its beginning.
  const room = columns - BEFORE_RUNS - stuck.length;
  const what =
    stuck !== '' && room < LEAST_OF_A_PATH ? `STUCK ${seconds} s` : cutStart(running, room) + stuck;
  return threadLine(
    thread.thread === 0 ? '0 (main)' : String(thread.thread),
    number(thread.actors),
    number(thread.waiting),
    number(thread.rate),
    share(thread.busyShare),
    what,
  );
}

function cutStart(text: string, width: number): string {
  return text.length > width ? `…${text.slice(text.length - Math.max(0, width - 1))}` : text;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** In at most six characters. */
function number(value: number | undefined): string {
  if (value === undefined || value === null) return '';
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)}G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 1e5 ? `${(value / 1000).toFixed(0)}k` : value.toFixed(0);
}

function share(value: number | undefined): string {
  return value === undefined || value === null ? '' : `${(value * 100).toFixed(0)}%`;
}
