// Files that are followed as `tail -F` does. Files are known by what they are and not by their names: one that is renamed is read on under
// its new name, or with none, until nothing has come for a while; one that takes its name is read from its beginning.

import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, systemCode } from '../../trouble.ts';
import type { FollowConfig } from '../config/config.ts';
import type { Intake } from '../intake/intake.ts';
import type { Logger } from '../log.ts';
import type { SavedMark } from '../sinks/sink.ts';
import { FileFeed } from './file-feed.ts';
import { expand, hasWildcard } from './glob.ts';
import type { Source, SourceInfo } from './source.ts';

const EXPAND_MS = 2000;
/** Of one file, before it is the others' turn. */
const MOST_CHUNKS = 32;

interface Followed {
  readonly feed: FileFeed;
  /** Since when it has had none of the names that are followed. */
  namelessSince: number | undefined;
}

export class FollowSource implements Source {
  readonly ended: Promise<void>;
  readonly #config: FollowConfig;
  readonly #intake: Intake;
  readonly #marks: readonly SavedMark[];
  readonly #log: Logger;
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  readonly #files = new Map<string, Followed>();
  /** Told already. */
  readonly #unreadable = new Set<string>();
  readonly #stop = new AbortController();
  /** What the patterns matched, and when. */
  #expanded: string[] = [];
  #expandedAt = -Infinity;
  /** Whether something was read in this round. */
  #more = false;

  constructor(config: FollowConfig, intake: Intake, marks: readonly SavedMark[], log: Logger) {
    this.#config = config;
    this.#intake = intake;
    this.#marks = marks;
    this.#log = log;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#settle = { resolve, reject };
  }

  get info(): SourceInfo {
    const files = [...this.#files.values()].map(({ feed }) => `${feed.path} at ${feed.offset}`);
    return {
      name: this.#config.name,
      kind: 'follow',
      detail: files.length > 3 ? `${files.length} files` : files.join(', '),
    };
  }

  async start(): Promise<void> {
    await this.#openRotated();
    this.#follow().then(this.#settle.resolve, this.#settle.reject);
  }

  stop(): void {
    this.#stop.abort();
  }

  async close(): Promise<void> {
    for (const { feed } of this.#files.values()) await feed.close();
    this.#files.clear();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look();
      for (const [identity, file] of this.#files) {
        if (signal.aborted) return;
        await this.#readOn(identity, file);
      }
      // As long as there is something to read, it is read; only then is it waited for.
      if (!this.#more) await delay(this.#config.pollMs, undefined, { signal }).catch(() => {});
      this.#more = false;
    }
  }

  /** Names are looked at each time, patterns only now and then: they may match many files in large folders. */
  async #paths(): Promise<string[]> {
    const { paths } = this.#config;
    if (performance.now() - this.#expandedAt > EXPAND_MS) {
      this.#expanded = await expand(paths.filter(hasWildcard));
      this.#expandedAt = performance.now();
    }
    return [...new Set([...paths.filter(path => !hasWildcard(path)), ...this.#expanded])];
  }

  /** Finds out which files have the names that are followed. */
  async #look(): Promise<void> {
    const named = new Set<string>();
    for (const path of await this.#paths()) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() !== true) continue;
      const identity = `${found.dev}:${found.ino}`;
      named.add(identity);
      const known = this.#files.get(identity);
      if (known === undefined) await this.#open(path);
      else known.feed.path = path;
    }
    for (const [identity, file] of this.#files) {
      file.namelessSince = named.has(identity) ? undefined : (file.namelessSince ?? performance.now());
    }
  }

  async #readOn(identity: string, file: Followed): Promise<void> {
    const { feed } = file;
    try {
      if (!(await feed.isIntact())) {
        this.#log.info(
          { source: this.#config.name, path: feed.path, offset: feed.offset },
          'a followed file was cut off or written anew',
        );
        this.#files.delete(identity);
        await feed.close();
        if (file.namelessSince === undefined) await this.#open(feed.path);
        return;
      }
      if (await feed.read(MOST_CHUNKS)) {
        this.#more = true;
        if (file.namelessSince !== undefined) file.namelessSince = performance.now();
        return;
      }
    } catch (error) {
      this.#log.error(
        { source: this.#config.name, path: feed.path, error: describe(error) },
        'a followed file could not be read',
      );
    }
    // Whoever wrote it may have it open and write on for a while after it was renamed.
    if (file.namelessSince === undefined || performance.now() - file.namelessSince < this.#config.rotatedMs)
      return;
    await feed.finish();
    this.#files.delete(identity);
    await feed.close();
    this.#log.info(
      { source: this.#config.name, path: feed.path, offset: feed.offset },
      'a followed file was rotated away and is read to its end',
    );
  }

  /** Opens a file; `renamedFrom` is the name that it had when an earlier run followed it. */
  async #open(path: string, renamedFrom?: string): Promise<void> {
    const { name, format, maxLineBytes } = this.#config;
    const stopped = (): boolean => this.#stop.signal.aborted;
    try {
      const options = { source: name, format, maxLineBytes, intake: this.#intake, stopped };
      const feed = await FileFeed.open(path, options, this.#marks, renamedFrom);
      // Another file has got the number of the one that was looked for.
      if (renamedFrom !== undefined && !feed.resumed) return await feed.close();
      this.#files.set(`${feed.dev}:${feed.ino}`, { feed, namelessSince: undefined });
      this.#unreadable.delete(path);
      this.#log.info({ source: name, path, offset: feed.offset }, 'a file is followed');
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || this.#unreadable.has(path)) return;
      this.#unreadable.add(path);
      this.#log.error(
        { source: name, path, error: describe(error) },
        'a followed file could not be opened, and is tried again',
      );
    }
  }

  /** Finds files that were followed by the last run and were renamed since then, and reads what it didn't come to read. */
  async #openRotated(): Promise<void> {
    const paths = new Set(await expand(this.#config.paths));
    for (const mark of this.#marks) {
      if (!paths.has(mark.path) && !this.#config.paths.includes(mark.path)) continue;
      const now = await stat(mark.path).catch(() => undefined);
      if (now !== undefined && now.dev === mark.dev && now.ino === mark.ino) continue;
      const folder = dirname(mark.path);
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name);
        const found = await stat(path).catch(() => undefined);
        if (found?.isFile() !== true || found.dev !== mark.dev || found.ino !== mark.ino) continue;
        if (found.size > mark.offset) await this.#open(path, mark.path);
      }
    }
  }
}
