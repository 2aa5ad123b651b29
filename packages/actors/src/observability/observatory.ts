/** What a system shows of itself: to its own program by `inspect()`, and to others through the inspector's thread. */
import { describeReason } from '../supervision/exit-reason.ts';
import type { Cell } from '../runtime/cell.ts';
import type { Report } from '../runtime/report.ts';
import type { Threads } from '../runtime/threads.ts';
import type { Census } from './census.ts';
import { Gauges } from './gauges.ts';
import { startInspector } from './inspector.ts';
import type { Inspector } from './inspector.ts';
import { showTree } from './show.ts';
import { Rates, takeTree } from './tree.ts';
import type { ActorInfo, SystemInfo, ThreadInfo } from './tree.ts';

export class Observatory {
  readonly #root: Cell;
  readonly #threads: Threads;
  /** Each of the two ways to look has rates of its own. */
  readonly #treeRates = new Rates();
  readonly #threadRates = new Rates();
  #census: Census | undefined;
  #inspector: Inspector | undefined;
  readonly #early = new Map<string, string>();

  constructor(root: Cell, threads: Threads) {
    this.#root = root;
    this.#threads = threads;
  }

  /** From here on actors of this thread are shown as those of the others are. */
  #open(): Census {
    if (this.#census !== undefined) return this.#census;
    const { wiring } = this.#threads;
    const { runtime } = this.#root;
    const gauges = new Gauges(wiring.census, 0, 0);
    runtime.gauges = runtime.dispatcher.gauges = gauges;
    this.#census = this.#threads.census;
    for (const [path, error] of this.#early) this.#census.noteError(path, error);
    return this.#census;
  }

  /** The tree as it is now. */
  #take(rates: Rates): SystemInfo {
    const census = this.#open();
    const { runtime } = this.#root;
    for (const top of [this.#root, runtime.node?.guardian])
      if (top !== undefined) showTree(top, runtime.gauges!);
    return takeTree(census, rates);
  }

  tree(): ActorInfo {
    return this.#take(this.#treeRates).root;
  }

  threads(): readonly ThreadInfo[] {
    return this.#take(this.#threadRates).threads;
  }

  /** Remembers the error of a crash. */
  note(report: Report): void {
    if (report.type !== 'crash') return;
    const error = describeReason(report.reason).split('\n')[0]!;
    if (this.#census === undefined) {
      this.#early.delete(report.path);
      this.#early.set(report.path, error);
      if (this.#early.size > 100) this.#early.delete(this.#early.keys().next().value!);
    } else this.#census.noteError(report.path, error);
    if (this.#inspector !== undefined) this.#threads.wiring.census[1]!.put(['error', report.path, error]);
  }

  /** Lets others look, through a socket that a thread of its own serves. */
  serve(path: string, name: string): void {
    this.#threads.isInspected = true;
    this.#open();
    showTree(this.#root, this.#root.runtime.gauges!);
    this.#inspector = startInspector(path, name, this.#threads.wiring);
  }

  async close(): Promise<void> {
    await this.#inspector?.stop();
  }
}
