/** A system as text: its threads, then the tree. */
import type { Line } from '../observability/inspector.ts';
import type { ActorInfo, ThreadInfo } from '../observability/tree.ts';

/** A thread whose turn lasts longer than this is stuck in an actor: turns take five. */
const STUCK_MS = 100;

/** What the inspector tells: `undefined` doesn't survive JSON. */
export function renderSystem(line: Line, columns: number, rows: number): string {
  const { system, pid, root, threads } = line;
  const out = [
    `${system}, process ${pid}: ${count(root) - 1} actors on ${threads.length} threads`,
    '',
    row('THREAD', 'ACTORS', 'WAITING', 'MSG/S', 'BUSY', 'RUNS'),
    ...threads.map(threadRow),
    '',
    `${'ACTOR'.padEnd(NAME)}${'THR'.padStart(4)} ${'STATE'.padEnd(10)}${'WAITING'.padStart(8)}${'HANDLED'.padStart(11)}${'MSG/S'.padStart(9)}${'BUSY'.padStart(6)}${'RESTARTS'.padStart(9)}  LAST ERROR`,
  ];
  for (const child of root.children) actorRows(child, '', out, rows);
  const shown = out.slice(0, rows - 1);
  if (out.length > shown.length) shown[shown.length - 1] = '…';
  return `${shown.map(text => text.slice(0, columns)).join('\n')}\n`;
}

const NAME = 40;

function row(...cells: string[]): string {
  const [name, ...rest] = cells;
  const last = rest.pop()!;
  return `${name!.padEnd(10)}${rest.map(cell => cell.padStart(9)).join('')}  ${last}`;
}

function threadRow(thread: ThreadInfo): string {
  const { turnMs, running } = thread;
  const stuck = (turnMs ?? 0) > STUCK_MS ? ` for ${(turnMs! / 1000).toFixed(1)} s: STUCK` : '';
  return row(
    thread.thread === 0 ? '0 (main)' : String(thread.thread),
    String(thread.actors),
    String(thread.waiting),
    number(thread.rate),
    share(thread.busyShare),
    (running ?? '') + stuck,
  );
}

function actorRows(actor: ActorInfo, indent: string, out: string[], rows: number): void {
  if (out.length > rows) return;
  const name = indent + actor.path.slice(actor.path.lastIndexOf('/') + 1);
  out.push(
    `${(name.length > NAME - 1 ? `${name.slice(0, NAME - 2)}…` : name).padEnd(NAME)}${String(actor.thread).padStart(4)} ${(actor.busy ? 'busy' : actor.state).padEnd(10)}${String(actor.waiting).padStart(8)}${String(actor.handled).padStart(11)}${number(actor.rate).padStart(9)}${share(actor.busyShare).padStart(6)}${String(actor.restarts).padStart(9)}  ${actor.lastError ?? ''}`,
  );
  for (const child of actor.children) actorRows(child, `${indent}  `, out, rows);
}

function count(actor: ActorInfo): number {
  return actor.children.reduce((sum, child) => sum + count(child), 1);
}

function number(value: number | undefined): string {
  if (value === undefined || value === null) return '';
  return value >= 10_000 ? `${(value / 1000).toFixed(0)}k` : value.toFixed(0);
}

function share(value: number | undefined): string {
  return value === undefined || value === null ? '' : `${(value * 100).toFixed(0)}%`;
}
