// What is shown beside the picture: the slots of the queues, what each thread has done, the runs and their chart.

import { type Progress, QUEUE } from './pipeline.ts';
import type { Runs } from './runs.ts';

const RUNS_SHOWN = 8;

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** The colour of a thread, wherever it is shown. Neighbours are far apart on the wheel. */
export function colourOf(thread: number): string {
  return `hsl(${(150 + thread * 137.5) % 360} 70% 50%)`;
}

/** Each slot of a queue is a small box. */
export function makeSlots(place: HTMLElement): void {
  place.setAttribute('aria-valuemin', '0');
  place.setAttribute('aria-valuemax', String(QUEUE));
  place.replaceChildren(...Array.from({ length: QUEUE }, () => document.createElement('i')));
  showSlots(place, 0);
}

function showSlots(place: HTMLElement, full: number): void {
  place.setAttribute('aria-valuenow', String(full));
  place.title = `${full} of ${QUEUE}`;
  for (const [i, slot] of [...place.children].entries()) slot.classList.toggle('full', i < full);
}

export function showProgress({ drawn, tiles, waitingTiles, waitingPictures, shares }: Progress): void {
  element<HTMLProgressElement>('progress').value = drawn / tiles;
  showSlots(element('tiles'), waitingTiles);
  showSlots(element('pictures'), waitingPictures);
  const list = element('shares');
  while (list.childElementCount > shares.length) list.lastElementChild!.remove();
  while (list.childElementCount < shares.length) {
    const item = document.createElement('li');
    item.append(document.createElement('span'), document.createElement('b'));
    item.style.setProperty('--thread', colourOf(list.childElementCount));
    list.append(item);
  }
  const most = Math.max(1, ...shares);
  for (const [i, share] of shares.entries()) {
    const [label, bar] = list.children[i]!.children as unknown as [HTMLElement, HTMLElement];
    label.textContent = `render-${i + 1}: ${share} ${share === 1 ? 'tile' : 'tiles'}`;
    bar.style.width = `${(100 * share) / most}%`;
  }
}

export function showRuns(runs: Runs): void {
  const rows = runs.all.slice(0, RUNS_SHOWN).map(run => {
    const row = document.createElement('tr');
    const speed = runs.speedup(run);
    for (const text of [
      String(run.threads),
      `${(run.milliseconds / 1000).toFixed(2)} s`,
      `${rate(run)}/s`,
      speed === undefined ? '–' : `${speed.toFixed(2)} ×`,
    ])
      row.insertCell().textContent = text;
    return row;
  });
  element<HTMLTableElement>('results').tBodies[0]!.replaceChildren(...rows);
}

export function rate({ tiles, milliseconds }: { tiles: number; milliseconds: number }): number {
  return Math.round((1000 * tiles) / milliseconds);
}

const [WIDTH, HEIGHT, LEFT, BELOW, ABOVE] = [340, 170, 30, 22, 8];

/** Draws the best run of each number of threads, and what would be ideal on so many cores. */
export function showChart(runs: Runs, most: number, cores: number): void {
  const points = Array.from({ length: most }, (_, i) => i + 1).flatMap(threads => {
    const best = runs.bestOf(threads);
    const speed = best === undefined ? undefined : runs.speedup({ milliseconds: best });
    return speed === undefined ? [] : [{ threads, speed }];
  });
  const top = Math.max(2, Math.ceil(Math.min(most, cores)), ...points.map(({ speed }) => Math.ceil(speed)));
  const x = (threads: number): number => LEFT + 10 + ((threads - 1) / (most - 1)) * (WIDTH - LEFT - 24);
  const y = (speed: number): number => ABOVE + (1 - speed / top) * (HEIGHT - ABOVE - BELOW);
  const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' });
  const said = points.map(({ threads, speed }) => `${threads}: ${speed.toFixed(2)}`).join(', ');
  chart.setAttribute(
    'aria-label',
    points.length === 0
      ? 'Speed-up by threads: nothing is measured yet'
      : `Speed-up by number of threads: ${said}`,
  );
  const every = Math.max(1, Math.ceil(top / 4));
  for (let speed = 0; speed <= top; speed += every) {
    chart.append(svg('line', { class: 'grid', x1: LEFT, x2: WIDTH, y1: y(speed), y2: y(speed) }));
    chart.append(svg('text', { x: LEFT - 6, y: y(speed) + 4, 'text-anchor': 'end' }, `${speed} ×`));
  }
  const step = Math.max(1, Math.round(most / 8));
  for (let threads = 1; threads <= most; threads += step)
    chart.append(svg('text', { x: x(threads), y: HEIGHT - 4, 'text-anchor': 'middle' }, String(threads)));
  const knee = Math.min(cores, most);
  const ideal = [1, knee, most].map(threads => `${x(threads)},${y(Math.min(threads, knee))}`);
  chart.append(svg('polyline', { class: 'ideal', points: ideal.join(' ') }));
  const found = points.map(({ threads, speed }) => `${x(threads)},${y(speed)}`);
  chart.append(svg('polyline', { class: 'found', points: found.join(' ') }));
  for (const { threads, speed } of points)
    chart.append(svg('circle', { class: 'found', cx: x(threads), cy: y(speed), r: 4.5 }));
  element('chart').replaceChildren(chart);
}

function svg(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
