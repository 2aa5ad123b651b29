// The page around the pipeline: a slider for the number of threads, the picture, and how much faster it was than with one thread.

import { main } from '@heddle/core';
import { run, type RunResult, type View } from './pipeline.ts';
import type { Picture } from './tile.ts';

const VIEW: View = {
  width: 960,
  height: 640,
  real: -0.743_643_9,
  imaginary: 0.131_825_9,
  span: 0.012,
  iterations: 2500,
};
/** With `?quick` there is little to compute: for tests. */
const QUICK: View = { ...VIEW, iterations: 60 };
/** As fast as one thread was at its best: the first run is slower, until the engine has compiled it. */
let single = Infinity;

main(import.meta, async () => {
  const parameters = new URLSearchParams(location.search);
  const view = parameters.has('quick') ? QUICK : VIEW;
  const of = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
  const slider = of<HTMLInputElement>('threads');
  const button = of<HTMLButtonElement>('run');
  const status = of('status');
  if (typeof SharedArrayBuffer === 'undefined') {
    status.textContent =
      'This page needs cross-origin isolation. Serve it with: npm run browser-demo --workspace apps/pipeline';
    return;
  }
  const canvas = of<HTMLCanvasElement>('picture');
  const context = canvas.getContext('2d')!;
  const cores = navigator.hardwareConcurrency;
  slider.max = String(Math.max(4, Math.min(16, cores)));
  slider.value = String(Math.min(cores, Number(slider.max)));
  of('cores').textContent = `${cores} core${cores === 1 ? '' : 's'} here`;

  const draw = ({ x, y, size, pixels }: Picture): void => {
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels), size, size), x, y);
  };

  const showThreads = (): void => {
    of('count').textContent = slider.value;
  };
  slider.addEventListener('input', showThreads);
  showThreads();

  const once = async (threads: number): Promise<RunResult> => {
    status.textContent = `${threads} thread${threads === 1 ? '' : 's'} at work`;
    context.fillStyle = '#14171c';
    context.fillRect(0, 0, canvas.width, canvas.height);
    const result = await run(
      view,
      threads,
      draw,
      ({ drawn, tiles, waitingTiles, waitingPictures, shares }) => {
        of<HTMLProgressElement>('progress').value = drawn / tiles;
        of<HTMLMeterElement>('tiles').value = waitingTiles;
        of<HTMLMeterElement>('pictures').value = waitingPictures;
        if (drawn % 8 === 0 || drawn === tiles) showShares(of('shares'), shares);
      },
    );
    if (threads === 1) single = Math.min(single, result.milliseconds);
    record(of<HTMLTableElement>('results'), result);
    return result;
  };

  const compare = async (): Promise<void> => {
    button.disabled = true;
    slider.disabled = true;
    try {
      // The first is to warm up, and is drawn all the same.
      if (single === Infinity) await once(1);
      const threads = Number(slider.value);
      if (threads > 1) await once(1);
      const { milliseconds } = await once(threads);
      const factor = single / milliseconds;
      status.textContent = `${threads} thread${threads === 1 ? '' : 's'}: ${(milliseconds / 1000).toFixed(2)} s, ${factor.toFixed(2)} times as fast as one`;
      status.dataset['speedup'] = factor.toFixed(3);
    } catch (error) {
      status.textContent = `It failed: ${String(error)}`;
    } finally {
      button.disabled = false;
      slider.disabled = false;
    }
  };
  button.addEventListener('click', () => void compare());
  slider.addEventListener('change', () => void compare());
  await compare();
  // For a browser without a driver: it is told where to say how it went.
  const tell = parameters.get('tell');
  if (tell !== null && new URL(tell, location.href).origin === location.origin) {
    await fetch(tell, {
      method: 'POST',
      body: JSON.stringify({ status: status.textContent, speedup: status.dataset['speedup'] }),
    });
  }
});

function showShares(list: HTMLElement, shares: readonly number[]): void {
  const most = Math.max(1, ...shares);
  list.replaceChildren(
    ...shares.map((share, i) => {
      const item = document.createElement('li');
      const bar = document.createElement('span');
      bar.style.width = `${(100 * share) / most}%`;
      const label = document.createElement('b');
      label.textContent = `render-${i + 1}: ${share} ${share === 1 ? 'tile' : 'tiles'}`;
      item.append(label, bar);
      return item;
    }),
  );
}

function record(table: HTMLTableElement, { threads, milliseconds, tiles }: RunResult): void {
  const row = table.tBodies[0]!.insertRow(0);
  const speed = single / milliseconds;
  for (const text of [
    String(threads),
    `${(milliseconds / 1000).toFixed(2)} s`,
    `${Math.round((1000 * tiles) / milliseconds)}/s`,
    `${speed.toFixed(2)} ×`,
  ])
    row.insertCell().textContent = text;
  while (table.tBodies[0]!.rows.length > 8) table.tBodies[0]!.deleteRow(8);
}
