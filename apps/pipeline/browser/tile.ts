// The middle stage of the pipeline in the page: threads that compute tiles of the Mandelbrot set. Nothing here needs a page.

import { type AtomicCounter, type Queue, task, type Task } from '@heddle/core';

/** A part of the picture that is to be computed: the generator's job. */
export interface Tile {
  readonly run: number;
  /** Where it is in the picture, and how large, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** The point of the plane in its upper left corner, and how far it is to the next pixel. */
  readonly real: number;
  readonly imaginary: number;
  readonly step: number;
  readonly iterations: number;
}

/** A tile that is to be drawn. */
export interface Picture {
  readonly run: number;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly thread: number;
  /** Red, green, blue, opaque, for each pixel. */
  readonly pixels: Uint8Array;
}

type Render = (thread: number, tiles: Queue<Tile>, pictures: Queue<Picture>, done: AtomicCounter) => void;

/** Computes tiles until there are none and there will be none. Blocks in both queues, as only threads may. */
export const render: Task<Render> = task(import.meta, function render(thread, tiles, pictures, done) {
  for (const tile of tiles) {
    pictures.put({ run: tile.run, x: tile.x, y: tile.y, size: tile.size, thread, pixels: paint(tile) });
    done.add(1);
  }
});

/** Four points for each pixel, so that fine threads of the set don't flicker. */
const POINTS = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

function paint({ size, real, imaginary, step, iterations }: Tile): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  let at = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let [red, green, blue] = [0, 0, 0];
      for (const [right, down] of POINTS) {
        const steps = escape(real + (column + right) * step, imaginary + (row + down) * step, iterations);
        if (steps >= iterations) continue;
        const place = 3 * Math.floor(COLOURS * ((Math.sqrt(steps) * TURNS + START) % 1));
        red += palette[place]!;
        green += palette[place + 1]!;
        blue += palette[place + 2]!;
      }
      pixels[at++] = red / POINTS.length;
      pixels[at++] = green / POINTS.length;
      pixels[at++] = blue / POINTS.length;
      pixels[at++] = 255;
    }
  }
  return pixels;
}

/** After how many steps z² + c leaves the circle of radius 16, with a fraction for smooth colours; `most` if it doesn't. */
function escape(real: number, imaginary: number, most: number): number {
  let [x, y, steps] = [0, 0, 0];
  let [xx, yy] = [0, 0];
  while (xx + yy < 256 && steps < most) {
    y = 2 * x * y + imaginary;
    x = xx - yy + real;
    xx = x * x;
    yy = y * y;
    steps += 1;
  }
  return steps === most ? most : steps + 1 - Math.log2(Math.log2(xx + yy) / 2);
}

const COLOURS = 2048;
/** How often the colours come round, per root of a step. */
const TURNS = 0.045;
/** Where they begin. */
const START = 0.8;
/** From night through day and dusk to night: where on the way, and red, green, blue. */
const STOPS: readonly (readonly [at: number, red: number, green: number, blue: number])[] = [
  [0, 6, 12, 52],
  [0.18, 24, 82, 160],
  [0.42, 232, 246, 248],
  [0.6, 250, 176, 36],
  [0.8, 110, 30, 58],
  [1, 6, 12, 52],
];
const palette = makePalette();

function makePalette(): Uint8Array {
  const colours = new Uint8Array(COLOURS * 3);
  for (let i = 0; i < COLOURS; i++) {
    const at = i / COLOURS;
    const next = STOPS.findIndex(([place]) => place > at);
    const [from, to] = [STOPS[next - 1]!, STOPS[next]!];
    // Without corners: slow at both ends.
    const part = (at - from[0]) / (to[0] - from[0]);
    const share = part * part * (3 - 2 * part);
    for (const c of [1, 2, 3] as const) colours[3 * i + c - 1] = from[c] + (to[c] - from[c]) * share;
  }
  return colours;
}
