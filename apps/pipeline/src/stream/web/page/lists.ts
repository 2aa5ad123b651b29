// The parts of the page that are text: figures, the supervision tree, sources, dead letters. What comes from messages is only ever set as
// text, never as HTML.

import type { Sample, Snapshot, TreeNode } from '../snapshot.ts';
import { latency, short } from './charts.ts';

const MANY = new Intl.NumberFormat('en-US');

export function showTiles(
  place: HTMLElement,
  { totals, blocked, policy }: Snapshot,
  sample: Sample | undefined,
): void {
  const tiles: [name: string, value: string, bad?: boolean][] = [
    ['in', `${short(sample?.in ?? 0)}/s`],
    ['out', `${short(sample?.out ?? 0)}/s`],
    ['latency p50', latency(sample?.p50 ?? null)],
    ['latency p99', latency(sample?.p99 ?? null)],
    ['waiting', MANY.format(totals.left)],
    ['stored', MANY.format(totals.stored)],
    [totals.dead === 1 ? 'dead letter' : 'dead letters', MANY.format(totals.dead), totals.dead > 0],
    ['dropped', MANY.format(totals.dropped), totals.dropped > 0],
    [
      `policy ${policy}`,
      policy === 'spill'
        ? `${short(totals.spilled)} spilled`
        : blocked > 0
          ? `${blocked} blocked`
          : 'flowing',
    ],
    ['memory', `${short(sample?.memory ?? 0)} MiB`],
  ];
  if (place.childElementCount !== tiles.length) {
    place.replaceChildren(
      ...tiles.map(() => {
        const tile = document.createElement('div');
        tile.append(document.createElement('dt'), document.createElement('dd'));
        return tile;
      }),
    );
  }
  for (const [i, [name, value, bad = false]] of tiles.entries()) {
    const [term, figure] = place.children[i]!.children as unknown as [HTMLElement, HTMLElement];
    term.textContent = name;
    figure.textContent = value;
    figure.classList.toggle('bad', bad);
  }
}

export function showTree(place: HTMLElement, tree: TreeNode): void {
  place.replaceChildren(list([tree]));
}

function list(nodes: readonly TreeNode[]): HTMLUListElement {
  const items = document.createElement('ul');
  for (const { name, state, restarts, lastReason, children } of nodes) {
    const item = document.createElement('li');
    item.dataset['state'] = state;
    const label = document.createElement('strong');
    label.textContent = name;
    item.append(label, ' ', span('quiet', state));
    if (restarts > 0) item.append(' ', span('restarts', `${restarts} restart${restarts === 1 ? '' : 's'}`));
    if (lastReason !== undefined) item.append(' ', span('quiet', `(${lastReason})`));
    if (children.length > 0) item.append(list(children));
    items.append(item);
  }
  return items;
}

export function showSources(table: HTMLTableElement, sources: Snapshot['sources']): void {
  fill(
    table,
    sources.map(({ name, detail, lines, bytes }) => [cell(name), cell(detail), number(lines), number(bytes)]),
  );
}

export function showDead(table: HTMLTableElement, none: HTMLElement, dead: Snapshot['dead']): void {
  none.hidden = dead.length > 0;
  table.parentElement!.hidden = dead.length === 0;
  fill(
    table,
    dead.map(({ at, source, key, error, text }) => {
      const message = cell('');
      const code = document.createElement('code');
      code.textContent = text;
      code.title = key;
      message.append(code);
      return [cell(new Date(at).toLocaleTimeString('en-GB')), cell(source), cell(error), message];
    }),
  );
}

function fill(table: HTMLTableElement, rows: readonly (readonly HTMLTableCellElement[])[]): void {
  table.tBodies[0]!.replaceChildren(
    ...rows.map(cells => {
      const row = document.createElement('tr');
      row.append(...cells);
      return row;
    }),
  );
}

function cell(text: string): HTMLTableCellElement {
  const made = document.createElement('td');
  made.textContent = text;
  return made;
}

function number(value: number): HTMLTableCellElement {
  const made = cell(MANY.format(value));
  made.className = 'number';
  return made;
}

function span(className: string, text: string): HTMLSpanElement {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}
