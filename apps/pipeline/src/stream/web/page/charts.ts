// The three charts over time, drawn by uPlot.

import uPlot from 'uplot';
import type { Sample } from '../snapshot.ts';

interface Line {
  readonly label: string;
  /** The name of a CSS variable. */
  readonly color: string;
  readonly value: (sample: Sample) => number | null;
}

/** So much time is shown at first; more as it passes, to all that is kept. */
const SHOWN_S = 30;
const HEIGHT = 210;

export class Chart {
  readonly #place: HTMLElement;
  readonly #lines: readonly Line[];
  readonly #describe: (sample: Sample) => string;
  readonly #logarithmic: boolean;
  #plot: uPlot | undefined;

  constructor(
    place: HTMLElement,
    lines: readonly Line[],
    options: { describe: (sample: Sample) => string; logarithmic?: boolean },
  ) {
    this.#place = place;
    this.#lines = lines;
    this.#describe = options.describe;
    this.#logarithmic = options.logarithmic ?? false;
    place.setAttribute('role', 'img');
    new ResizeObserver(() => this.#plot?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(
      place,
    );
  }

  /** Draws all samples. */
  draw(samples: readonly Sample[]): void {
    const last = samples.at(-1);
    if (last === undefined) return;
    this.#place.setAttribute('aria-label', this.#describe(last));
    const data = [
      samples.map(({ at }) => at / 1000),
      ...this.#lines.map(({ value }) => samples.map(value)),
    ] as uPlot.AlignedData;
    if (this.#plot === undefined) this.#plot = new uPlot(this.#options(), data, this.#place);
    else this.#plot.setData(data);
    // The legend shows the latest, unless the pointer asks for another moment.
    if (this.#plot.cursor.idx === null || this.#plot.cursor.idx === undefined)
      this.#plot.setLegend({ idx: samples.length - 1 });
  }

  /** Begins anew, in the colours of the present scheme. */
  reset(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #options(): uPlot.Options {
    const style = getComputedStyle(this.#place);
    // `light-dark()` is resolved only in a property that is a colour.
    const probe = document.createElement('i');
    this.#place.append(probe);
    const color = (name: string): string => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const axis = {
      stroke: color('quiet'),
      grid: { stroke: color('line'), width: 1 },
      ticks: { show: false },
      font: `12px ${style.fontFamily}`,
    };
    const show = (_: uPlot, value: number | null): string => (value === null ? '–' : short(value));
    const options: uPlot.Options = {
      width: this.#place.clientWidth,
      height: HEIGHT,
      cursor: { drag: { x: false, y: false } },
      scales: {
        x: { range: (_, min, max) => [Math.min(min, max - SHOWN_S), max] },
        y: this.#logarithmic
          ? { distr: 3, range: (_, min, max) => [decade(Math.floor, min, 1), decade(Math.ceil, max, 100)] }
          : { range: (_, __, max) => [0, Math.max(1, max * 1.08)] },
      },
      axes: [
        { ...axis, space: 90, size: 28, values: (_, ticks) => ticks.map(clock) },
        { ...axis, size: 58, values: (_, ticks) => ticks.map(tick => (tick === null ? '' : short(tick))) },
      ],
      series: [
        { value: (_, at) => (at === null ? '–' : clock(at)) },
        ...this.#lines.map(({ label, color: name }) => ({
          label,
          stroke: color(name),
          width: 1.6,
          value: show,
          points: { show: false },
        })),
      ],
    };
    probe.remove();
    return options;
  }
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB');
}

/** The power of ten next to a value. */
function decade(round: (exponent: number) => number, value: number | null, fallback: number): number {
  return value === null || value <= 0 ? fallback : 10 ** round(Math.log10(value));
}

/** 1234 as 1.2 s. */
export function latency(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  return milliseconds >= 1000 ? `${short(milliseconds / 1000)} s` : `${short(milliseconds)} ms`;
}

/** 1234567 as 1.2M. */
export function short(value: number): string {
  const amount = Math.abs(value);
  if (amount >= 1e6) return `${(value / 1e6).toFixed(amount >= 1e7 ? 0 : 1)}M`;
  if (amount >= 1e3) return `${(value / 1e3).toFixed(amount >= 1e4 ? 0 : 1)}k`;
  return amount >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(2);
}
