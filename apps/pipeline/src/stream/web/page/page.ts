// The live page: listens to the program and draws what it hears.

import type { Sample, Snapshot, Update } from '../snapshot.ts';
import { Chart, short } from './charts.ts';
import { showDead, showSources, showTiles, showTree } from './lists.ts';
import { Timeline } from './timeline.ts';

const MOST_SAMPLES = 1200;
const MANY = new Intl.NumberFormat('en-US');
const of = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

const charts = [
  new Chart(
    of('throughput'),
    [
      { label: 'in', color: 'a', value: sample => sample.in },
      { label: 'out', color: 'b', value: sample => sample.out },
      { label: 'dropped', color: 'bad', value: sample => sample.dropped },
    ],
    {
      describe: ({ in: into, out }) =>
        `Throughput over time; now ${short(into)} lines per second in, ${short(out)} out`,
    },
  ),
  new Chart(
    of('latency'),
    [
      { label: 'p50', color: 'a', value: sample => sample.p50 },
      { label: 'p99', color: 'c', value: sample => sample.p99 },
    ],
    {
      describe: ({ p50, p99 }) =>
        p50 === null
          ? 'Latency over time; nothing was committed just now'
          : `Latency over time; now ${short(p50)} ms at the median, ${short(p99!)} ms at the 99th percentile`,
      logarithmic: true,
    },
  ),
  new Chart(
    of('queues'),
    [
      { label: 'backlog', color: 'a', value: sample => sample.backlog },
      { label: 'on disk', color: 'd', value: sample => sample.spill },
      { label: 'inboxes', color: 'c', value: sample => sample.inboxes },
      { label: 'outbox', color: 'b', value: sample => sample.outbox },
    ],
    {
      describe: ({ backlog, outbox }) =>
        `Queue depths over time; now ${short(backlog)} lines in the backlog, ${short(outbox)} in the outbox`,
    },
  ),
];
const timeline = new Timeline(of('threads'));
const stop = of<HTMLButtonElement>('stop');

let samples: Sample[] = [];
let snapshot: Snapshot | undefined;
/** How many lines were left when the drain began. */
let drainFrom = 0;
let deadCount = -1;

const source = new EventSource('/api/events');
source.addEventListener('message', event => {
  const update = JSON.parse(event.data as string) as Update;
  // The first message after each connection has everything.
  const isWhole = snapshot === undefined || update.samples.length !== 1;
  snapshot = update.snapshot;
  samples = (isWhole ? [...update.samples] : [...samples, ...update.samples]).slice(-MOST_SAMPLES);
  draw();
});
source.addEventListener('error', () => {
  // The program has ended, or the network is gone; the browser tries again by itself.
  const phase = snapshot?.phase;
  const isLast = phase === 'draining' || phase === 'ended' || phase === 'failed';
  showPhase(phase === 'failed' ? 'failed' : isLast ? 'ended' : 'lost');
  if (isLast) source.close();
  stop.disabled = true;
});

stop.addEventListener('click', () => {
  stop.disabled = true;
  fetch('/api/stop', { method: 'POST' }).catch(() => {
    stop.disabled = false;
  });
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of charts) chart.reset();
  draw();
});

function draw(): void {
  if (snapshot === undefined) return;
  const { phase, totals, startedAt } = snapshot;
  showPhase(phase);
  stop.disabled = phase !== 'running';
  of('uptime').textContent = `${duration(Date.now() - startedAt)}, into ${snapshot.sink}`;
  if (phase === 'draining') {
    drainFrom = Math.max(drainFrom, totals.left, 1);
    of('drain').hidden = false;
    of('drain-left').textContent = `${MANY.format(totals.left)} ${totals.left === 1 ? 'line' : 'lines'} left`;
    of<HTMLProgressElement>('drain-bar').value = 1 - totals.left / drainFrom;
  }
  showTiles(of('tiles'), snapshot, samples.at(-1));
  for (const chart of charts) chart.draw(samples);
  timeline.draw(snapshot.threads, samples);
  showTree(of('tree'), snapshot.tree);
  showSources(of<HTMLTableElement>('sources'), snapshot.sources);
  // Drawn anew only if there is something new, so that text in it can be selected.
  if (deadCount !== totals.dead) showDead(of<HTMLTableElement>('dead'), of('no-dead'), snapshot.dead);
  deadCount = totals.dead;
}

function showPhase(phase: string): void {
  const badge = of('phase');
  const text = phase === 'lost' ? 'no connection' : phase;
  // Said to screen readers only when it changes.
  if (badge.textContent !== text) badge.textContent = text;
  badge.dataset['phase'] = phase;
  if (phase !== 'draining') of('drain').hidden = true;
}

function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0
    ? `${hours} h ${minutes} min`
    : minutes > 0
      ? `${minutes} min ${seconds % 60} s`
      : `${seconds} s`;
}
