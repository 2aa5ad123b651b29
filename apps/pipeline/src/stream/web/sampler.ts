// Looks at a stream twice a second, and keeps what it saw for ten minutes.

import type { Stream } from '../stream.ts';
import { quantiles } from '../work/totals.ts';
import type { Sample, Snapshot, TreeNode } from './snapshot.ts';

export const SAMPLE_MS = 500;
const MOST_SAMPLES = 1200;
const DEAD_SHOWN = 50;
const TEXT_SHOWN = 300;

export class Sampler {
  readonly #stream: Stream;
  readonly #listeners = new Set<(sample: Sample) => void>();
  readonly #samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;
  #last: ReturnType<Sampler['_look']>;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#last = this._look();
    this.#timer = setInterval(() => this.#take(), SAMPLE_MS);
    this.#timer.unref();
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Calls `listener` with each new sample, until the returned function is called. */
  onSample(listener: (sample: Sample) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#take();
    clearInterval(this.#timer);
  }

  get snapshot(): Snapshot {
    const stream = this.#stream;
    const { stored, filtered, dead, duplicates, retries, results } = stream.totals.counts;
    const { dropped, spilled } = stream.backlog;
    return {
      phase: stream.phase,
      startedAt: stream.startedAt,
      policy: stream.config.queue.policy,
      sink: stream.config.sink.kind,
      totals: {
        in: stream.intake.lines,
        stored,
        filtered,
        dead,
        dropped,
        duplicates,
        spilled,
        retries,
        left: stream.intake.lines - results - dropped,
      },
      blocked: stream.intake.blocked,
      threads: stream.threads.map(({ name }) => name),
      sources: stream.sources.map(({ info }) => ({ ...info, ...stream.intake.countOf(info.name) })),
      tree: treeOf(stream),
      dead: stream.dead
        .slice(-DEAD_SHOWN)
        .reverse()
        .map(({ at, source, key, error, text }) => ({
          at,
          source,
          key,
          error,
          text: text.slice(0, TEXT_SHOWN),
        })),
    };
  }

  #take(): void {
    const [before, now] = [this.#last, this._look()];
    this.#last = now;
    const seconds = Math.max(0.001, (now.at - before.at) / 1000);
    const latency = quantiles(before.latency, now.latency, [0.5, 0.99]);
    const { backlog, members, outbox } = this.#stream;
    const sample: Sample = {
      at: now.at,
      in: (now.in - before.in) / seconds,
      out: (now.out - before.out) / seconds,
      dropped: (now.dropped - before.dropped) / seconds,
      p50: latency?.[0] ?? null,
      p99: latency?.[1] ?? null,
      backlog: backlog.size,
      spill: backlog.spillSize,
      inboxes: members.reduce((sum, { info }) => sum + info.inbox, 0),
      outbox: outbox.size,
      threads: now.threads.map((times, i) => shares(before.threads[i]!, times)),
      memory: process.memoryUsage.rss() / 1024 ** 2,
    };
    this.#samples.push(sample);
    if (this.#samples.length > MOST_SAMPLES) this.#samples.shift();
    for (const listener of this.#listeners) listener(sample);
  }

  /** @internal */
  _look(): {
    at: number;
    in: number;
    out: number;
    dropped: number;
    latency: Int32Array;
    threads: [number, number, number][];
  } {
    const { intake, totals, backlog, threads } = this.#stream;
    return {
      at: Date.now(),
      in: intake.lines,
      out: totals.counts.results,
      dropped: backlog.dropped,
      latency: totals.histogram,
      threads: threads.map(({ cell }) => cell.times),
    };
  }
}

function shares(before: readonly number[], now: readonly number[]): [number, number, number] {
  const spent = now.map((time, i) => Math.max(0, time - before[i]!));
  const sum = Math.max(1, spent[0]! + spent[1]! + spent[2]!);
  return [spent[0]! / sum, spent[1]! / sum, spent[2]! / sum];
}

function treeOf(stream: Stream): TreeNode {
  const [sink, ...workers] = stream.threads;
  const leaf = (name: string, state: string): TreeNode => ({ name, state, restarts: 0, children: [] });
  return {
    name: 'stream',
    state: stream.phase,
    restarts: 0,
    children: [
      {
        name: 'sources',
        state: 'main thread',
        restarts: 0,
        children: stream.sources.map(({ info }) => leaf(info.name, info.kind)),
      },
      {
        name: 'crew',
        state: 'one for one',
        restarts: 0,
        children: stream.members.map(({ info }, i) => ({
          name: info.name,
          state: workers[i]!.cell.state,
          restarts: info.restarts,
          ...(info.lastReason === undefined ? {} : { lastReason: info.lastReason }),
          children: [],
        })),
      },
      leaf('sink', sink!.cell.state),
    ],
  };
}
