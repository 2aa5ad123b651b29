// Files that are read once, one after the other, each from where earlier runs have committed it.

import { count } from '../../terminal/text.ts';
import { describe, Trouble } from '../../trouble.ts';
import type { FilesConfig } from '../config/config.ts';
import type { Intake } from '../intake/intake.ts';
import type { Logger } from '../log.ts';
import type { SavedMark } from '../sinks/sink.ts';
import { FileFeed } from './file-feed.ts';
import { expand } from './glob.ts';
import type { Source, SourceInfo } from './source.ts';

export class FilesSource implements Source {
  readonly ended: Promise<void>;
  readonly #config: FilesConfig;
  readonly #intake: Intake;
  readonly #marks: readonly SavedMark[];
  readonly #log: Logger;
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  #paths: string[] = [];
  #read = 0;
  #stopped = false;

  constructor(config: FilesConfig, intake: Intake, marks: readonly SavedMark[], log: Logger) {
    this.#config = config;
    this.#intake = intake;
    this.#marks = marks;
    this.#log = log;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#settle = { resolve, reject };
  }

  get info(): SourceInfo {
    return {
      name: this.#config.name,
      kind: 'files',
      detail: `${this.#read} of ${count(this.#paths.length, 'file', 'files')} read`,
    };
  }

  async start(): Promise<void> {
    const { paths } = this.#config;
    this.#paths = await expand(paths);
    if (this.#paths.length === 0) throw new Trouble(`no file matches ${paths.join(', ')}`);
    this.#readAll().then(this.#settle.resolve, this.#settle.reject);
  }

  stop(): void {
    this.#stopped = true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #readAll(): Promise<void> {
    const { name, format, maxLineBytes } = this.#config;
    const options = {
      source: name,
      format,
      maxLineBytes,
      intake: this.#intake,
      stopped: () => this.#stopped,
    };
    for (const path of this.#paths) {
      if (this.#stopped) return;
      let feed: FileFeed | undefined;
      try {
        feed = await FileFeed.open(path, options, this.#marks);
        await feed.read();
        await feed.finish();
      } catch (error) {
        // The other files are no worse for it.
        this.#log.error({ source: name, path, error: describe(error) }, 'a file could not be read');
      } finally {
        await feed?.close();
      }
      this.#read += 1;
    }
  }
}
