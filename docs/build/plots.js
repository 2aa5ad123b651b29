/**
 * Plots of what `npm run bench -- --record benchmarks/results` wrote there: how many times as fast Heddle is as what it is measured against, with the middle
 * half of the rounds, on a logarithmic scale. One plot for each file, three for the Savina suite, and what things weigh.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawing, text } from '../drawings/draw.js';

const results = fileURLToPath(new URL('../../benchmarks/results', import.meta.url));
const ROW = 30;
/** A telephone is 342 px wide within its margins; there a plot that had to be scrolled would hide its figures. */
const WIDTHS = {
  '': { left: 170, right: 640, width: 720 },
  '.narrow': { left: 150, right: 288, width: 342 },
};
/** Names of two lines of the scale stand so far apart at least, or one of them has none. */
const APART = 44;

export function writePlots(folder) {
  if (!existsSync(results))
    throw new Error(`${results} is missing: npm run bench -- --record benchmarks/results`);
  for (const { subject, rows, weights, machine } of allRuns()) {
    const draw = rows.length > 0 ? plot : weighed;
    for (const [suffix, widths] of Object.entries(WIDTHS)) {
      const figures = rows.length > 0 ? rows : weights;
      writeFileSync(join(folder, `plot-${subject}${suffix}.svg`), draw(subject, figures, machine, widths));
    }
  }
}

const allRuns = () => [...runsIn(results), ...savina()];

/** For the check that pages show them. */
export const plotNames = () => allRuns().map(({ subject }) => `plot-${subject}`);

function runsIn(folder) {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => ({
      subject: basename(name, '.json'),
      ...JSON.parse(readFileSync(join(folder, name), 'utf8')),
    }));
}

/** By where the actors are, against Erlang on as many cores; the slowest against Erlang last. */
function savina() {
  const runs = runsIn(join(results, 'savina'));
  const against = (place, erlang) =>
    runs
      .flatMap(({ rows }) => rows.filter(({ ours, against }) => ours === place && against === erlang))
      .map(row => ({ ...row, what: row.workload, against: 'Erlang/OTP' }))
      .sort((a, b) => a.ratio.median - b.ratio.median);
  const { machine } = runs[0];
  return [
    { subject: 'savina-one', machine, rows: against('one core', 'Erlang, one') },
    { subject: 'savina-default', machine, rows: against('by default', 'Erlang, two') },
    { subject: 'savina-spread', machine, rows: against('two cores', 'Erlang, two') },
  ];
}

/** Bytes, on a logarithmic scale. */
function weighed(subject, weights, machine, { left, right, width }) {
  const all = weights.map(({ bytes }) => bytes);
  const [from, to] = [Math.min(...all) / 2, Math.max(...all) * 1.2];
  const x = value =>
    left + ((Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))) * (right - left);
  const shapes = weights.map(({ what, bytes }, index) => {
    const y = 10 + index * ROW + ROW / 2;
    const kind = what === 'raw worker' || what === 'Erlang process' ? 'bar-theirs' : 'bar-ours';
    return [
      text(left - 10, y + 4, what, { anchor: 'end', style: 'small' }),
      `<rect class="${kind}" x="${left}" y="${y - 6}" width="${x(bytes) - left}" height="12" rx="2"/>`,
      text(right + 12, y + 4, size(bytes), { style: 'small' }),
    ];
  });
  const title = `${subject}: bytes for each; Node ${machine.node}`;
  return drawing(width, 10 + weights.length * ROW + 12, title, shapes);
}

function size(bytes) {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} K` : `${(bytes / 2 ** 20).toFixed(1)} M`;
}

function plot(subject, rows, machine, { left, right, width }) {
  const points = rows.filter(row => row.theirTime).map(row => ({ ...row, ...speedUp(row) }));
  const all = points.flatMap(({ low, high, bar }) => [low, high, bar ?? 1]);
  const from = Math.min(0.5, ...all) / 1.2;
  const to = Math.max(2, ...all) * 1.2;
  const x = value =>
    left + ((Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))) * (right - left);
  const bottom = 34 + points.length * ROW;
  const ticks = [0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000].filter(
    tick => tick > from && tick < to,
  );
  const named = [1];
  for (const tick of ticks) if (named.every(other => Math.abs(x(tick) - x(other)) >= APART)) named.push(tick);
  const shapes = [
    ticks.map(
      tick =>
        `<path class="line" d="M${x(tick)} 28 V${bottom}" ${tick === 1 ? '' : 'stroke-opacity="0.25"'}/>`,
    ),
    named.map(tick =>
      text(x(tick), 20, tick === 1 ? 'as fast' : `${tick} ×`, { anchor: 'middle', style: 'small soft' }),
    ),
    points.map((point, index) => {
      const y = 34 + index * ROW + ROW / 2;
      const [start, end] = [Math.min(x(1), x(point.speed)), Math.max(x(1), x(point.speed))];
      return [
        text(left - 10, y - 2, point.what, { anchor: 'end', style: 'small' }),
        text(left - 10, y + 11, `against ${point.against}`, { anchor: 'end', style: 'small soft' }),
        `<rect class="${point.speed >= 1 ? 'bar-ours' : 'bar-theirs'}" x="${start}" y="${y - 6}" width="${Math.max(1, end - start)}" height="12" rx="2"/>`,
        `<path class="line" d="M${x(point.low)} ${y} H${x(point.high)} M${x(point.low)} ${y - 4} v8 M${x(point.high)} ${y - 4} v8"/>`,
        point.bar === undefined
          ? ''
          : `<path d="M${x(point.bar)} ${y - 11} v22" class="warm" stroke-width="2.5"/>`,
        text(right + 12, y + 4, `${short(point.speed)} ×`, { style: 'small' }),
      ];
    }),
  ];
  const where = `Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores`;
  return drawing(
    width,
    bottom + 12,
    `${subject}: how many times as fast as what it is measured against; ${where}`,
    shapes,
  );
}

/** A ratio is of times for some rows and of speeds for others; which, the times tell. */
function speedUp({ ourTime, theirTime, ratio, bar }) {
  const quotient = theirTime.median / ourTime.median;
  const ofTimes = Math.abs(Math.log(ratio.median * quotient)) < Math.abs(Math.log(ratio.median / quotient));
  const limit = bar?.atMost ?? bar?.atLeast;
  const asSpeed = value => (ofTimes ? 1 / value : value);
  return {
    speed: asSpeed(ratio.median),
    low: ofTimes ? 1 / ratio.high : ratio.low,
    high: ofTimes ? 1 / ratio.low : ratio.high,
    bar: limit === undefined ? undefined : bar.atMost === undefined ? limit : 1 / limit,
  };
}

const short = value => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Where and when the figures come from, for the page's text. */
export function writeSummary(folder) {
  const runs = runsIn(results);
  const { node, cpu, cores, platform, python } = runs[0].machine;
  const loads = runs.map(({ machine }) => machine.load);
  const summary = {
    where: `Node ${node}, ${python ?? 'no CPython'}, ${cpu}, ${cores} cores, ${platform}`,
    when: readFileSync(join(results, 'DATE'), 'utf8').trim(),
    rounds: runs[0].options.rounds,
    load: `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
  };
  writeFileSync(join(folder, 'bench-summary.json'), JSON.stringify(summary));
}
