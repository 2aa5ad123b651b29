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

function paint({ size, real, imaginary, step, iterations }: Tile): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  let at = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const steps = escape(real + column * step, imaginary + row * step, iterations);
      const [red, green, blue] = colour(steps, iterations);
      pixels[at++] = red;
      pixels[at++] = green;
      pixels[at++] = blue;
      pixels[at++] = 255;
    }
  }
  return pixels;
}

/** After how many steps z² + c leaves the circle of radius 2, with a fraction for smooth colours; `most` if it doesn't. */
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

function colour(steps: number, most: number): [number, number, number] {
  if (steps >= most) return [12, 14, 20];
  const t = Math.sqrt(steps) / 3;
  const wave = (shift: number): number => 128 + 110 * Math.cos(t + shift);
  return [wave(2.6), wave(1.4), wave(0.2)];
}
