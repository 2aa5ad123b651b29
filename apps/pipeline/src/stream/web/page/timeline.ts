// What each thread did over time: a strip of columns, one for each sample, divided by how the time was spent.

import type { Sample } from '../snapshot.ts';

const COLUMN = 3;
const STATES = ['working', 'get', 'put'] as const;

export class Timeline {
  readonly #list: HTMLElement;
  readonly #rows: { canvas: HTMLCanvasElement; share: HTMLElement }[] = [];

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  draw(threads: readonly string[], samples: readonly Sample[]): void {
    if (threads.length !== this.#rows.length) this.#build(threads);
    const probe = document.createElement('i');
    this.#list.append(probe);
    const colors = STATES.map(name => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    for (const [i, { canvas, share }] of this.#rows.entries()) {
      const [working, get, put] = samples.at(-1)?.threads[i] ?? [0, 0, 0];
      share.textContent = `${Math.round(working * 100)} % busy`;
      const says = `${threads[i]}: ${percent(working)} working, ${percent(get)} waiting to get, ${percent(put)} waiting to put`;
      canvas.setAttribute('aria-label', says);
      canvas.title = says;
      paint(canvas, samples, i, colors);
    }
  }

  #build(threads: readonly string[]): void {
    this.#list.replaceChildren();
    this.#rows.length = 0;
    for (const name of threads) {
      const row = document.createElement('li');
      const [label, canvas, share] = [
        document.createElement('span'),
        document.createElement('canvas'),
        document.createElement('span'),
      ];
      label.textContent = name;
      canvas.setAttribute('role', 'img');
      row.append(label, canvas, share);
      this.#list.append(row);
      this.#rows.push({ canvas, share });
    }
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function paint(
  canvas: HTMLCanvasElement,
  samples: readonly Sample[],
  thread: number,
  colors: readonly string[],
): void {
  const scale = devicePixelRatio;
  const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, width, height);
  const column = Math.round(COLUMN * scale);
  for (let n = 0; n * column < width && n < samples.length; n++) {
    let y = height;
    for (const [state, share] of samples[samples.length - 1 - n]!.threads[thread]!.entries()) {
      const part = share * height;
      context.fillStyle = colors[state]!;
      context.fillRect(width - (n + 1) * column, y - part, column, part);
      y -= part;
    }
  }
}
