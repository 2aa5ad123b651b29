// Shows how far a run has come: as a bar on a terminal, as plain lines elsewhere. Both go to stderr, so that stdout holds results
// only.

import type { WriteStream } from 'node:tty';
import { SingleBar } from 'cli-progress';
import type { Progress } from '../run/run.ts';
import { count, whole } from './text.ts';

const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 1000;
const BAR_CHARACTERS = 24;

export interface Display {
  stop(): void;
}

/**
 * Starts to show what `read` returns. `stop` leaves the cursor on a line of its own; it may be called again. With `json`, only a
 * terminal is shown anything.
 */
export function showProgress(
  stream: WriteStream,
  read: () => Progress,
  options: { readonly queueSize: number; readonly json: boolean },
): Display {
  const meter = new Meter(read, options.queueSize);
  if (stream.isTTY) return showBar(stream, meter);
  return options.json ? { stop() {} } : showLines(stream, meter);
}

function showBar(stream: WriteStream, meter: Meter): Display {
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}% {text}',
    barsize: BAR_CHARACTERS,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    // The program has its own way with Ctrl-C.
    gracefulExit: false,
    emptyOnZero: true,
  });
  const draw = (): void => {
    const { written, found, text } = meter.read();
    bar.setTotal(found);
    bar.update(written, { text });
  };
  bar.start(0, 0, { text: '' });
  const timer = setInterval(draw, BAR_EVERY_MS);
  let stopped = false;
  return {
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      draw();
      bar.stop();
    },
  };
}

function showLines(stream: WriteStream, meter: Meter): Display {
  const timer = setInterval(() => {
    stream.write(`${meter.read().text}\n`);
  }, LINE_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** Turns counts into rates: over the time since the last reading, since a run's beginning says little of now. */
class Meter {
  readonly #source: () => Progress;
  readonly #queueSize: number;
  #last = { at: performance.now(), written: 0, kib: 0 };

  constructor(source: () => Progress, queueSize: number) {
    this.#source = source;
    this.#queueSize = queueSize;
  }

  read(): { written: number; found: number; text: string } {
    const { written, found, kib, queued } = this.#source();
    if (found === 0) return { written, found, text: 'listing the folder' };
    const at = performance.now();
    const passed = Math.max(1, at - this.#last.at) / 1000;
    const parts = [
      `${whole(written)} of ${count(found, 'file', 'files')}`,
      `${whole((written - this.#last.written) / passed)} files/s`,
      `${((kib - this.#last.kib) / 1024 / passed).toFixed(1)} MiB/s`,
    ];
    this.#last = { at, written, kib };
    if (queued !== undefined) {
      parts.push(
        `queues ${queued.jobs}/${this.#queueSize} to parse, ${queued.facts}/${this.#queueSize} to write`,
      );
    }
    return { written, found, text: parts.join(' · ') };
  }
}
