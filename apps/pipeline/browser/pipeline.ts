// The pipeline in a page: this thread generates tiles and draws pictures, and never blocks; threads compute between two bounded queues.
//
//   generate ──▶ ▢▢▢▢ ──▶ render 1…n ──▶ ▢▢▢▢ ──▶ draw
//
// The end goes from left to right, as in every pipeline: the first queue is shut down when all tiles are in it, the second when the last
// thread has ended. A run that is stopped early drops the tiles that still wait, and ends by the same way.

import { AtomicCounter, Queue, QueueShutDownError, Thread } from '@heddle/core';
import { type Picture, render, type Tile } from './tile.ts';

/** What is looked at. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly real: number;
  readonly imaginary: number;
  /** From the left to the right edge. */
  readonly span: number;
  readonly iterations: number;
}

export interface RunResult {
  readonly threads: number;
  readonly tiles: number;
  readonly milliseconds: number;
}

export interface Progress {
  readonly drawn: number;
  readonly tiles: number;
  readonly waitingTiles: number;
  readonly waitingPictures: number;
  /** How many tiles each thread has made. */
  readonly shares: readonly number[];
}

export interface Viewer {
  /** Called with each picture as it comes. */
  readonly draw: (picture: Picture) => void;
  /** Called with a function that says how far it is, before the first tile. */
  readonly watch?: (progress: () => Progress) => void;
  readonly stop?: AbortSignal;
}

const TILE = 40;
/** Tiles and pictures that may wait. */
export const QUEUE = 16;

let runs = 0;

/** Draws a view with so many threads. Says how long it took from the first tile to the last; undefined if it was stopped. */
export async function run(view: View, threads: number, viewer: Viewer): Promise<RunResult | undefined> {
  const { draw, watch, stop } = viewer;
  const tiles = new Queue<Tile>({ maxsize: QUEUE, name: 'tiles' });
  const pictures = new Queue<Picture>({ maxsize: QUEUE, name: 'pictures' });
  const counters = Array.from({ length: threads }, () => new AtomicCounter(0));
  const crew = counters.map((done, i) =>
    new Thread(render, { args: [i, tiles, pictures, done], name: `render-${i + 1}` }).start(),
  );
  // Starting threads is not what is measured; they are used again by the next run.
  await Promise.all(crew.map(thread => thread.started));
  const all = tilesOf(view, ++runs);
  let drawn = 0;
  watch?.(() => ({
    drawn,
    tiles: all.length,
    waitingTiles: tiles.size,
    waitingPictures: pictures.size,
    shares: counters.map(({ value }) => value),
  }));
  const quit = (): void => tiles.shutdown({ immediate: true });
  stop?.addEventListener('abort', quit);
  if (stop?.aborted === true) quit();
  const started = performance.now();
  let last = started;
  const generated = generate(all, tiles);
  const computed = Promise.all(crew.map(thread => thread.resultAsync())).finally(() => pictures.shutdown());
  for await (const picture of pictures) {
    draw(picture);
    drawn += 1;
    last = performance.now();
  }
  stop?.removeEventListener('abort', quit);
  await Promise.all([generated, computed]);
  return drawn < all.length ? undefined : { threads, tiles: drawn, milliseconds: last - started };
}

async function generate(all: readonly Tile[], tiles: Queue<Tile>): Promise<void> {
  try {
    for (const tile of all) await tiles.putAsync(tile);
    tiles.shutdown();
  } catch (error) {
    // The run is stopped.
    if (!(error instanceof QueueShutDownError)) throw error;
  }
}

function tilesOf({ width, height, real, imaginary, span, iterations }: View, id: number): Tile[] {
  const step = span / width;
  const tiles: Tile[] = [];
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      const at = { real: real + (x - width / 2) * step, imaginary: imaginary + (y - height / 2) * step };
      tiles.push({ run: id, x, y, size: TILE, ...at, step, iterations });
    }
  }
  return tiles;
}
