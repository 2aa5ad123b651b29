/**
 * What becomes of a child that has ended by itself: restarted, by the supervisor's strategy and within its budget; or not, and then its end may be the
 * supervisor's too.
 *
 * A failed restart is tried again through the supervisor's own mailbox, so that calls are answered between the attempts.
 */
import { next } from '../behavior/next.ts';
import type { Next } from '../behavior/next.ts';
import type { Cell } from '../runtime/cell.ts';
import { addRestart } from './budget.ts';
import type { Child, Children } from './children.ts';
import { exit, isAbnormal } from './exit-reason.ts';
import type { ExitReason } from './exit-reason.ts';

/** A restart to be tried again, in the supervisor's own mailbox. */
export class TryAgain {
  readonly child: Child;

  constructor(child: Child) {
    this.child = child;
  }
}

export class Restarts {
  readonly #children: Children;
  /** When children were restarted, if they have one budget together. */
  #times: readonly number[] = [];
  /** The attempts that are under way; others have been overtaken by a stop. */
  readonly #expected = new WeakMap<Child, TryAgain>();

  constructor(children: Children) {
    this.#children = children;
  }

  async exited(cell: Cell, life: number, reason: ExitReason): Promise<Next | void> {
    const child = this.#children.ofCell(cell);
    if (child === undefined || child.life !== life || child.status !== 'running') return;
    const { restart, backoff } = child.spec;
    const abnormal = isAbnormal(reason);
    if (restart === 'permanent' || abnormal) this.#children.report('childTerminated', child, reason);
    if (restart !== 'permanent' && !(restart === 'transient' && abnormal)) {
      this.#children.rest(child);
      return this.#autoShutdown(child);
    }
    child.status = 'restarting';
    if (backoff === undefined) return this.#restart(child);
    this.#later(child);
  }

  again(message: TryAgain): Promise<Next | void> | undefined {
    const { child } = message;
    if (child.status !== 'restarting' || this.#expected.get(child) !== message) return undefined;
    return this.#restart(child);
  }

  #autoShutdown({ spec }: Child): Next | void {
    const { autoShutdown } = this.#children.options;
    if (!spec.significant || autoShutdown === 'never') return;
    const others =
      autoShutdown === 'allSignificant' &&
      this.#children.all.some(each => each.spec.significant && each.status !== 'stopped');
    if (!others) return next.stop(exit.shutdown);
  }

  #later(child: Child): void {
    const { cell } = this.#children;
    const message = new TryAgain(child);
    this.#expected.set(child, message);
    const { backoff } = child.spec;
    if (backoff === undefined) return cell.ref.tell(message);
    const { host } = cell.dispatcher;
    const delay = child.cell!.bonds.nextDelay(backoff, host.now(), () => host.random());
    cell.dispatcher.after(delay, () => {
      if (this.#children.isCurrent) cell.ref.tell(message);
    });
  }

  async #restart(child: Child): Promise<Next | void> {
    if (!this.#spend(child)) {
      this.#children.report('shutdown', child, exit.shutdownWith('reachedMaxRestartIntensity'));
      this.#children.rest(child);
      return next.stop(exit.shutdown);
    }
    switch (this.#children.options.strategy) {
      case 'oneForOne':
      case 'dynamic':
        return this.#startAll([child]);
      case 'oneForAll':
        return this.#restartGroup(this.#children.all);
      case 'restForOne': {
        const { all } = this.#children;
        return this.#restartGroup(all.slice(all.indexOf(child)));
      }
    }
  }

  /** Counts one restart more; false if that is one too many. */
  #spend(child: Child): boolean {
    const { intensity, period, budget } = this.#children.options;
    const own = budget === 'child';
    const now = this.#children.cell.dispatcher.host.now();
    const times = addRestart(own ? child.restarts : this.#times, now, { intensity, period });
    if (times === undefined) return false;
    if (own) child.restarts = times;
    else this.#times = times;
    return true;
  }

  /** Stops all in reverse order, then starts them in order. What waits in their mailboxes is handled by the new instances. */
  async #restartGroup(group: readonly Child[]): Promise<void> {
    for (const each of [...group].reverse()) {
      await this.#children.stop(each, false);
      // A temporary bystander is stopped and gone.
      if (each.spec.restart === 'temporary') this.#children.drop(each);
    }
    await this.#startAll(group.filter(({ spec }) => spec.restart !== 'temporary'));
  }

  /** Starts in order; stops at the first that fails, which is tried again later. */
  async #startAll(group: readonly Child[]): Promise<void> {
    for (const each of group) {
      const started = await this.#children.start(each, true);
      if (started.outcome !== 'error') continue;
      this.#children.report('startError', each, started.reason);
      each.status = 'restarting';
      return this.#later(each);
    }
  }
}
