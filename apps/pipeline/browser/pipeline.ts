// The pipeline in a page: this thread generates tiles and draws pictures, and never blocks; threads compute between two bounded queues.
//
//   generate ──▶ ▢▢▢▢ ──▶ render 1…n ──▶ ▢▢▢▢ ──▶ draw

import { AtomicCounter, Queue, Thread } from '@heddle/core';
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
  /** How many tiles each thread made. */
  readonly shares: readonly number[];
}

export interface Progress {
  readonly drawn: number;
  readonly tiles: number;
  readonly waitingTiles: number;
  readonly waitingPictures: number;
  readonly shares: readonly number[];
}

const TILE = 40;
/** Tiles and pictures that may wait. */
const QUEUE = 16;

let runs = 0;

/** Draws a view with so many threads, and says how long it took from the first tile to the last. */
export async function run(
  view: View,
  threads: number,
  draw: (picture: Picture) => void,
  onProgress: (progress: Progress) => void,
): Promise<RunResult> {
  const id = ++runs;
  const tiles = new Queue<Tile>({ maxsize: QUEUE, name: 'tiles' });
  const pictures = new Queue<Picture>({ maxsize: QUEUE, name: 'pictures' });
  const counters = Array.from({ length: threads }, () => new AtomicCounter(0));
  const crew = counters.map((done, i) =>
    new Thread(render, { args: [i, tiles, pictures, done], name: `render-${i + 1}` }).start(),
  );
  // Starting threads is not what is measured; they are used again by the next run.
  await Promise.all(crew.map(thread => thread.started));
  const all = tilesOf(view, id);
  const started = performance.now();
  const generating = (async () => {
    for (const tile of all) await tiles.putAsync(tile);
    tiles.shutdown();
  })();
  for (let drawn = 1; drawn <= all.length; drawn++) {
    draw(await pictures.getAsync({ timeout: 60_000 }));
    const shares = counters.map(({ value }) => value);
    onProgress({
      drawn,
      tiles: all.length,
      waitingTiles: tiles.size,
      waitingPictures: pictures.size,
      shares,
    });
  }
  const milliseconds = performance.now() - started;
  await generating;
  await Promise.all(crew.map(thread => thread.resultAsync({ timeout: 10_000 })));
  return { threads, tiles: all.length, milliseconds, shares: counters.map(({ value }) => value) };
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
