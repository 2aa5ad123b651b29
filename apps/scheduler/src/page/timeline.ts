// The next runs of the next jobs, as marks on a line for each.

import { ask } from './api.ts';
import { find, make } from './dom.ts';
import { showTime } from './format.ts';

interface Timeline {
  readonly now: number;
  readonly until: number;
  readonly jobs: readonly {
    readonly id: string;
    readonly times: readonly number[];
    readonly more: boolean;
  }[];
}

const MOST_LEFT = 200;
/** Of a letter, about. */
const LETTER = 7;
/** Between the times at the top, at least. */
const TICK = 100;
const RIGHT = 24;
const LANE = 24;
const TOP = 26;
const MOST_LANES = 14;
const RADIUS = 4.5;
const MINUTES = [1, 5, 10, 15, 30, 60, 120, 240];

function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number>,
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Draws it anew. */
export async function drawTimeline(): Promise<void> {
  const minutes = find<HTMLSelectElement>('#minutes').value;
  const { now, until, jobs } = await ask<Timeline>(
    'GET',
    `/api/timeline?minutes=${minutes}&limit=${MOST_LANES}`,
  );
  const box = find('#timeline');
  if (jobs.length === 0) {
    box.replaceChildren(make('p', { class: 'none' }, 'nothing is due'));
    return;
  }
  // Drawn as wide as it is shown, so that letters have their size on narrow screens too.
  const width = Math.max(280, box.clientWidth);
  const left = Math.min(MOST_LEFT, Math.round(width * 0.36));
  const letters = Math.floor((left - 18) / LETTER);
  const ticks = Math.max(1, Math.floor((width - left - RIGHT) / TICK));
  const height = TOP + jobs.length * LANE + 8;
  const x = (time: number): number =>
    left + ((Math.max(now, time) - now) / (until - now)) * (width - left - RIGHT);
  const label = `Next runs: ${jobs.map(job => `${job.id} at ${showTime(job.times[0]!)}`).join(', ')}`;
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  const step = (MINUTES.find(each => Number(minutes) / each <= ticks) ?? 480) * 60_000;
  // Whole hours and minutes of the place where the page is looked at.
  const offset = new Date(now).getTimezoneOffset() * 60_000;
  for (let time = Math.ceil((now - offset) / step) * step + offset; time < until; time += step) {
    picture.append(
      svg('line', { class: 'axis', x1: x(time), x2: x(time), y1: TOP - 6, y2: height - 6 }),
      svg(
        'text',
        { class: 'tick', x: x(time), y: 14, 'text-anchor': 'middle' },
        showTime(time).replace(/:00(?=\D*$)/, ''),
      ),
    );
  }
  const lanes = svg('g', {});
  for (const [index, { id, times, more }] of jobs.entries()) {
    const y = TOP + index * LANE;
    // Too many to tell apart: a line says it as well.
    const from = x(times[0]!);
    const to = more ? x(until) : x(times.at(-1)!);
    const isDense = more || (to - from) / (times.length - 1) < 3 * RADIUS;
    const marks = isDense
      ? [
          svg(
            'rect',
            {
              class: 'mark',
              x: from,
              y: y + LANE / 2 - 2.5,
              width: to - from,
              height: 5,
              rx: 2.5,
            },
            svg('title', {}, `${id} all the time, first at ${showTime(times[0]!)}`),
          ),
        ]
      : times.map(time =>
          svg(
            'circle',
            { class: 'mark', cx: x(time), cy: y + LANE / 2, r: RADIUS },
            svg('title', {}, `${id} at ${showTime(time)}`),
          ),
        );
    lanes.append(
      svg(
        'g',
        { class: 'lane' },
        svg('rect', { class: 'row', x: 4, y, width: width - 8, height: LANE, rx: 5 }),
        svg('text', { x: 12, y: y + 16 }, id.length > letters ? `${id.slice(0, letters - 1)}…` : id),
        ...marks,
      ),
    );
  }
  picture.append(lanes);
  box.replaceChildren(picture);
}
