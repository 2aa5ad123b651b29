// Standard input, line by line. Whoever writes it can't be told what was committed: what was read and not committed is lost with the process.

import type { Readable } from 'node:stream';
import type { StdinConfig } from '../config/config.ts';
import type { Intake } from '../intake/intake.ts';
import { LineSplitter } from '../lines/line-splitter.ts';
import { type Source, type SourceInfo, tooLongFault } from './source.ts';

export class StdinSource implements Source {
  readonly ended: Promise<void>;
  readonly #config: StdinConfig;
  readonly #intake: Intake;
  readonly #input: Readable;
  readonly #run: string;
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  #stopped = false;

  /** `run` makes the keys of this run unlike those of any other. */
  constructor(config: StdinConfig, intake: Intake, run: string, input: Readable = process.stdin) {
    this.#config = config;
    this.#intake = intake;
    this.#input = input;
    this.#run = run;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#settle = { resolve, reject };
  }

  get info(): SourceInfo {
    return { name: this.#config.name, kind: 'stdin', detail: this.#stopped ? 'ended' : 'reading' };
  }

  start(): Promise<void> {
    this.#read().then(this.#settle.resolve, this.#settle.reject);
    return Promise.resolve();
  }

  stop(): void {
    this.#stopped = true;
    this.#input.destroy();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read(): Promise<void> {
    const { name, format, maxLineBytes } = this.#config;
    let lines: { bytes: Uint8Array; fault?: string }[] = [];
    const splitter = new LineSplitter(
      {
        line: bytes => lines.push({ bytes }),
        tooLong: bytes => lines.push({ bytes, fault: tooLongFault(maxLineBytes) }),
      },
      maxLineBytes,
    );
    let count = 0;
    const put = async (): Promise<void> => {
      const some = lines;
      lines = [];
      for (const line of some) {
        if (line.bytes.length === 0) continue;
        const waiting = this.#intake.put({
          source: name,
          format,
          key: `${name}:${this.#run}:${++count}`,
          ...line,
        });
        if (waiting !== undefined) await waiting;
      }
    };
    try {
      for await (const chunk of this.#input) {
        splitter.push(chunk as Uint8Array);
        await put();
      }
      splitter.end();
      await put();
    } catch (error) {
      if (!this.#stopped) throw error;
    }
    this.#stopped = true;
  }
}
