// The page around the pipeline: a slider for the number of threads, the picture, and how much faster it was than with one thread.

import { main } from '@heddle/core';
import { colourOf, element, makeSlots, rate, showChart, showProgress, showRuns } from './panel.ts';
import { type Progress, run, type RunResult, type View } from './pipeline.ts';
import { PLACES } from './places.ts';
import { Runs } from './runs.ts';
import type { Picture } from './tile.ts';

/** Until the engine has compiled it, computing is slower: so much of a picture is computed first and not counted. */
const WARM_UP = 6;
/** Times what the cores allow: a speed-up beyond it says that the one thread, and not the many, was measured wrongly. */
const POSSIBLE = 1.02;

/** A run that came to its end. */
interface Done {
  readonly result: RunResult;
  readonly progress: Progress;
  /** The longest frame of the page, in milliseconds. */
  readonly longest: number;
}

main(import.meta, async () => {
  const parameters = new URLSearchParams(location.search);
  /** With `?quick` there is little to compute: for tests. */
  const quick = parameters.has('quick') ? { iterations: 60 } : {};
  const [slider, places] = [element<HTMLInputElement>('threads'), element<HTMLSelectElement>('place')];
  const [button, status] = [element<HTMLButtonElement>('run'), element('status')];
  if (typeof SharedArrayBuffer === 'undefined') {
    status.textContent =
      'This page needs cross-origin isolation. Serve it with: npm run browser-demo --workspace apps/pipeline';
    return;
  }
  const canvas = element<HTMLCanvasElement>('picture');
  const [context, makers] = [canvas, element<HTMLCanvasElement>('makers')].map(each =>
    each.getContext('2d')!,
  ) as [CanvasRenderingContext2D, CanvasRenderingContext2D];
  const cores = navigator.hardwareConcurrency;
  const most = Math.max(4, Math.min(16, cores));
  slider.max = String(most);
  slider.value = String(Math.min(cores, most));
  element('cores').textContent = `${cores} core${cores === 1 ? '' : 's'} here`;
  element('ticks').replaceChildren(...Array.from({ length: most }, (_, i) => new Option('', String(i + 1))));
  places.replaceChildren(...PLACES.map(({ name }, i) => new Option(name, String(i))));
  for (const id of ['tiles', 'pictures']) makeSlots(element(id));

  const runs = new Runs();
  let place = PLACES[0];
  let isWarm = false;
  /** What is to be done next, if anything. */
  let wanted: number | undefined;
  let working: AbortController | undefined;
  const view = (): View => ({ ...place.view, ...quick });

  const draw = ({ x, y, size, pixels, thread }: Picture): void => {
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels), size, size), x, y);
    makers.strokeStyle = colourOf(thread);
    makers.strokeRect(x + 2, y + 2, size - 4, size - 4);
  };

  const showThreads = (): void => {
    element('count').textContent = slider.value;
  };

  const once = async (threads: number, stop: AbortSignal): Promise<Done | undefined> => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    makers.clearRect(0, 0, canvas.width, canvas.height);
    makers.lineWidth = 3;
    let progress: (() => Progress) | undefined;
    const frames = watchFrames(() => progress !== undefined && showProgress(progress()));
    const result = await run(view(), threads, { draw, stop, watch: how => (progress = how) });
    const longest = frames.end();
    const last = progress?.();
    if (last !== undefined) showProgress(last);
    // Stopped, perhaps for another place.
    if (result === undefined || last === undefined || stop.aborted) return undefined;
    runs.add(result);
    const done = { result, progress: last, longest };
    present(done);
    return done;
  };

  const present = ({ result, progress, longest }: Done): void => {
    showProgress(progress);
    showRuns(runs);
    showChart(runs, most, cores);
    element('speedup').textContent = `${runs.speedup(result)?.toFixed(2) ?? '–'} ×`;
    element('time').textContent = `${(result.milliseconds / 1000).toFixed(2)} s`;
    element('rate').textContent = String(rate(result));
    element('frame').textContent = `${Math.round(longest)} ms`;
  };

  /** Measures so many threads; one thread before them, unless that was done. */
  const measure = async (threads: number, stop: AbortSignal): Promise<void> => {
    delete status.dataset['speedup'];
    const { name } = place;
    canvas.setAttribute('aria-label', `A part of the Mandelbrot set: ${name}`);
    if (!isWarm) {
      const { width, height } = view();
      await run({ ...view(), width: width / WARM_UP, height: height / WARM_UP }, 1, { draw: () => {} });
      isWarm = true;
      if (stop.aborted) return;
    }
    if (runs.single === undefined && threads > 1) {
      status.textContent = 'One thread first, to compare with';
      if ((await once(1, stop)) === undefined) return;
    }
    status.textContent = `${threads} thread${threads === 1 ? '' : 's'} at work`;
    const done = await once(threads, stop);
    if (done === undefined) return;
    const { result } = done;
    let speed = runs.speedup(result) ?? 1;
    if (speed > POSSIBLE * Math.min(threads, cores)) {
      status.textContent =
        'Faster than the cores allow: the machine was busy when one thread was measured. Once more';
      await once(1, stop);
      if (stop.aborted) return;
      speed = runs.speedup(result) ?? 1;
      present(done);
    }
    const took = `${threads} thread${threads === 1 ? '' : 's'}: ${(result.milliseconds / 1000).toFixed(2)} s`;
    status.textContent =
      threads === 1
        ? `${took}, which the others are compared with`
        : `${took}, ${speed.toFixed(2)} times as fast as one`;
    status.dataset['speedup'] = speed.toFixed(3);
  };

  /** Starts with so many threads, in place of what is going on: that is stopped, and what it holds drained. */
  const start = async (threads: number): Promise<void> => {
    wanted = threads;
    if (working !== undefined) return working.abort();
    document.body.classList.add('working');
    button.textContent = 'Stop';
    try {
      while (wanted !== undefined) {
        const next = wanted;
        wanted = undefined;
        working = new AbortController();
        await measure(next, working.signal);
        if (working.signal.aborted && wanted === undefined) status.textContent = 'Stopped';
      }
    } catch (error) {
      status.textContent = `It failed: ${String(error)}`;
    } finally {
      working = undefined;
      button.textContent = 'Run again';
      document.body.classList.remove('working');
    }
  };

  slider.addEventListener('input', showThreads);
  slider.addEventListener('change', () => void start(Number(slider.value)));
  places.addEventListener('change', () => {
    place = PLACES[Number(places.value)] ?? PLACES[0];
    runs.clear();
    showRuns(runs);
    showChart(runs, most, cores);
    void start(Number(slider.value));
  });
  element('who').addEventListener('change', ({ target }) =>
    document.body.classList.toggle('who', (target as HTMLInputElement).checked),
  );
  element('controls').addEventListener('submit', event => {
    event.preventDefault();
    if (working === undefined) void start(Number(slider.value));
    else working.abort();
  });
  showThreads();
  showChart(runs, most, cores);
  await start(Number(slider.value));
  // For a browser without a driver: it is told where to say how it went.
  const tell = parameters.get('tell');
  if (tell !== null && new URL(tell, location.href).origin === location.origin) {
    await fetch(tell, {
      method: 'POST',
      body: JSON.stringify({ status: status.textContent, speedup: status.dataset['speedup'] }),
    });
  }
});

/** Calls `show` at each frame, and says in the end how long the longest one took: what a page that blocks can't hide. */
function watchFrames(show: () => void): { end: () => number } {
  let [before, longest] = [performance.now(), 0];
  let next = requestAnimationFrame(function frame() {
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
    show();
    next = requestAnimationFrame(frame);
  });
  return {
    end: () => {
      cancelAnimationFrame(next);
      return longest;
    },
  };
}
