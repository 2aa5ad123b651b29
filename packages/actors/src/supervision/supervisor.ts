/**
 * OTP's supervisor: an actor that starts its children in order, restarts them by its strategy, gives up when they fail too often, and stops them in
 * reverse order.
 *
 * A child's address is its spec's: a restarted child answers to the same ref, and messages that waited are handled by the new instance.
 *
 * ```
 *             start ok                    exit, to be restarted
 *  stopped ─────────────▶ running ──────────────────────────────▶ restarting ──▶ running, or again restarting
 *     ▲                      │ terminateChild, or not restarted        │ terminateChild
 *     └──────────────────────┴─────────────────────────────────────────┘
 * ```
 *
 * Everything is done one after the other: while a child starts or stops, calls and exits wait, as they do in OTP. A failed restart is tried again
 * through the supervisor's own mailbox, so that calls are answered between the attempts.
 */
import { declare } from '../behavior/actor.ts';
import type { Actor } from '../behavior/actor.ts';
import type { ClosureBehavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import { next } from '../behavior/next.ts';
import type { Next } from '../behavior/next.ts';
import { SupervisorError } from '../errors.ts';
import type { SupervisorErrorCode } from '../errors.ts';
import type { Cell } from '../runtime/cell.ts';
import type { Keeper, Started } from '../runtime/cell/state.ts';
import type { ActorRef, Reply } from '../runtime/ref.ts';
import { createCell } from '../runtime/spawn.ts';
import { addRestart } from './budget.ts';
import { checkChild, checkSupervisor, markSupervisor } from './child-spec.ts';
import type { ChildSpec, FullOptions, FullSpec, SupervisorOptions } from './child-spec.ts';
import { describeReason, exit, isAbnormal } from './exit-reason.ts';
import type { ExitReason } from './exit-reason.ts';

/** One child as `children()` shows it. */
export interface ChildInfo {
  /** `undefined` for the children of a `dynamic` supervisor. */
  readonly id: string | undefined;
  readonly ref: ActorRef<never> | undefined;
  readonly status: 'running' | 'restarting' | 'stopped';
  readonly type: 'worker' | 'supervisor';
}

/** What `count()` returns. Source: OTP's `count_children`. */
export interface ChildCount {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** What a start gave: no ref if the child's setup said `next.ignore()`. */
export interface StartedChild {
  readonly ref: ActorRef<never> | undefined;
  readonly info: unknown;
}

/** What a supervisor understands; `Supervisor` has a method for each. */
export type SupervisorMessage =
  | {
      readonly call: 'startChild';
      readonly child: ChildSpec | readonly unknown[];
      readonly reply: Reply<StartedChild>;
    }
  | { readonly call: 'terminateChild'; readonly child: string | ActorRef<never>; readonly reply: Reply<void> }
  | { readonly call: 'restartChild'; readonly child: string; readonly reply: Reply<StartedChild> }
  | { readonly call: 'deleteChild'; readonly child: string; readonly reply: Reply<void> }
  | {
      readonly call: 'getChildSpec';
      readonly child: string | ActorRef<never>;
      readonly reply: Reply<ChildSpec>;
    }
  | { readonly call: 'children'; readonly reply: Reply<ChildInfo[]> }
  | { readonly call: 'count'; readonly reply: Reply<ChildCount> }
  | { readonly call: 'reconfigure'; readonly options: SupervisorOptions; readonly reply: Reply<void> };

interface Child {
  spec: FullSpec;
  cell: Cell | undefined;
  status: ChildInfo['status'];
  /** Which of its cell's lives the status speaks of; exits of others are old news. */
  life: number;
  /** The attempt that is expected while it is `restarting`. */
  retry: TryAgain | undefined;
  restarts: readonly number[];
}

/** A restart to be tried again, in the supervisor's own mailbox. */
class TryAgain {
  readonly child: Child;

  constructor(child: Child) {
    this.child = child;
  }
}

/**
 * Declares a supervisor. With `import.meta` it is declared at module level under the function's name, and its options are made anew at each of its starts; without,
 * it runs on the thread that spawns it.
 *
 * Specs are checked before anything starts: `TypeError` and `RangeError` name the field and the value.
 *
 * @example
 * const shop = supervisor({
 *   strategy: 'oneForAll',
 *   children: [{ id: 'stock', start: stock, args: [100] }, { id: 'till', start: till }],
 * });
 */
export function supervisor(options: SupervisorOptions): Actor<SupervisorMessage, []>;
// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
export function supervisor<A extends any[]>(
  meta: ImportMeta,
  init: (...args: A) => SupervisorOptions,
): Actor<SupervisorMessage, A>;
export function supervisor(
  first: SupervisorOptions | ImportMeta,
  init?: (...args: never[]) => SupervisorOptions,
): Actor<SupervisorMessage, never[]> {
  let made: Actor<SupervisorMessage, never[]>;
  if (init === undefined) {
    const options = checkSupervisor(first as SupervisorOptions);
    made = {
      name: 'supervisor',
      module: undefined,
      options: { shutdown: 'infinity' },
      setup: context => new SupervisorActor(context, options).begin(),
    };
  } else {
    made = declare(
      (first as ImportMeta).url,
      init.name,
      (context: Context<SupervisorMessage>, ...args: never[]) =>
        new SupervisorActor(context, checkSupervisor(init(...args))).begin(),
      { shutdown: 'infinity' },
    );
  }
  markSupervisor(made);
  return made;
}

class SupervisorActor implements Keeper {
  readonly #cell: Cell;
  #options: FullOptions;
  /** In the order of their start. */
  #children = new Map<string, Child>();
  readonly #byCell = new Map<Cell, Child>();
  #restarts: readonly number[] = [];
  readonly #incarnation: number;

  constructor(context: Context<SupervisorMessage>, options: FullOptions) {
    this.#cell = context.cell;
    this.#options = options;
    this.#incarnation = this.#cell.incarnation;
    context.trapExit = true;
  }

  /** Whether this is still the supervisor of its cell. */
  get #isCurrent(): boolean {
    return this.#incarnation === this.#cell.incarnation;
  }

  get #isDynamic(): boolean {
    return this.#options.strategy === 'dynamic';
  }

  async begin(): Promise<(ClosureBehavior<SupervisorMessage> & { keeper: Keeper }) | Next> {
    const behavior = { receive: (message: SupervisorMessage) => this.#receive(message), keeper: this };
    if (this.#isDynamic) return behavior;
    for (const spec of this.#options.children) this.#enter(spec);
    for (const child of this.#children.values()) {
      const started = await this.#start(child);
      if (started.outcome !== 'error') continue;
      this.#report('startError', child, started.reason);
      await this.stopChildren();
      return next.stop(exit.shutdownWith({ failedToStartChild: child.spec.id, reason: started.reason }));
    }
    return behavior;
  }

  // ── Children ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #enter(spec: FullSpec): Child {
    const child: Child = {
      spec,
      cell: undefined,
      status: 'stopped',
      life: -1,
      retry: undefined,
      restarts: [],
    };
    if (!this.#isDynamic) this.#children.set(spec.id, child);
    return child;
  }

  /** Forgets the child and its spec; what waits for it is dead. */
  #drop(child: Child): void {
    child.status = 'stopped';
    if (!this.#isDynamic && this.#children.get(child.spec.id) === child) this.#children.delete(child.spec.id);
    const { cell } = child;
    if (cell === undefined) return;
    this.#byCell.delete(cell);
    cell.discard();
    // A temporary child's arguments aren't retained, however long somebody keeps its ref.
    cell.args = [];
    this.#cell.bonds.removeChild(cell);
  }

  /** It is stopped; its spec stays, unless it is temporary or one of a dynamic supervisor's. */
  #rest(child: Child): void {
    if (child.spec.restart === 'temporary' || this.#isDynamic) return this.#drop(child);
    child.status = 'stopped';
    child.cell?.discard();
  }

  async #start(child: Child, isRestart = false): Promise<Started> {
    const { spec } = child;
    let { cell } = child;
    // Killed meanwhile: nobody would ever stop what we start now.
    if (!this.#isCurrent) return { outcome: 'error', reason: exit.killed };
    if (cell === undefined) {
      const label = this.#isDynamic ? undefined : spec.id;
      cell = this.#cell.bonds.takeFormer(label, spec.start);
      if (cell === undefined) cell = createCell(this.#cell, spec.start, spec.args, spec.options, label);
      else cell.revive();
      cell.args = spec.args;
      cell.supervised = true;
      child.cell = cell;
      this.#byCell.set(cell, child);
    } else {
      cell.revive();
    }
    if (isRestart) cell.restarts += 1;
    child.life = cell.life;
    const started = await cell.start();
    if (started.outcome === 'ok') {
      // It may have ended already, in the turn that this await cost; then its exit waits in our lane.
      child.status = 'running';
    } else if (started.outcome === 'ignore') {
      this.#rest(child);
    }
    return started;
  }

  /** Ends a child and waits for that. Reports what wasn't expected. */
  async #stop(child: Child, drain: boolean): Promise<void> {
    const { cell, spec, status } = child;
    child.status = 'stopped';
    if (cell === undefined || status !== 'running') return;
    const reason = await new Promise<ExitReason>(resolve => {
      if (cell.alive) cell.leaving = true;
      cell.requestStop(spec.shutdown, drain, exit.shutdown, resolve);
    });
    const isPlain = reason.type === 'shutdown' && !('detail' in reason);
    const expected =
      isPlain ||
      (!isAbnormal(reason) && spec.restart !== 'permanent') ||
      (spec.shutdown === 'brutal' && reason.type === 'killed');
    if (!expected) this.#report('shutdownError', child, reason);
  }

  async stopChildren(): Promise<void> {
    if (this.#isDynamic) {
      await Promise.all(
        [...this.#byCell.values()].map(async child => {
          await this.#stop(child, true);
          this.#drop(child);
        }),
      );
      return;
    }
    for (const child of [...this.#children.values()].reverse()) {
      await this.#stop(child, true);
      child.cell?.discard();
    }
  }

  // ── Exits and restarts ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async childExited(cell: Cell, life: number, reason: ExitReason): Promise<Next | void> {
    const child = this.#byCell.get(cell);
    if (child === undefined || child.life !== life || child.status !== 'running') return;
    const { restart } = child.spec;
    const abnormal = isAbnormal(reason);
    if (restart === 'permanent' || abnormal) this.#report('childTerminated', child, reason);
    if (restart === 'permanent' || (restart === 'transient' && abnormal)) return this.#beginRestart(child);
    this.#rest(child);
    return this.#autoShutdown(child);
  }

  #autoShutdown({ spec }: Child): Next | void {
    const { autoShutdown } = this.#options;
    if (!spec.significant || autoShutdown === 'never') return;
    const some =
      autoShutdown === 'allSignificant' &&
      this.#everyChild().some(each => each.spec.significant && each.status !== 'stopped');
    if (!some) return next.stop(exit.shutdown);
  }

  #everyChild(): Child[] {
    return [...(this.#isDynamic ? this.#byCell.values() : this.#children.values())];
  }

  /** Restarts at once, or after its backoff. */
  async #beginRestart(child: Child): Promise<Next | void> {
    child.status = 'restarting';
    if (child.spec.backoff === undefined) return this.#restart(child);
    this.#tryAgain(child);
  }

  #tryAgain(child: Child): void {
    const { backoff } = child.spec;
    const { ref, dispatcher } = this.#cell;
    const message = new TryAgain(child);
    child.retry = message;
    if (backoff === undefined) return ref.tell(message);
    const { host } = dispatcher;
    const delay = child.cell!.bonds.nextDelay(backoff, host.now(), () => host.random());
    dispatcher.after(delay, () => {
      if (this.#isCurrent) ref.tell(message);
    });
  }

  async #restart(child: Child): Promise<Next | void> {
    const { intensity, period, strategy, budget } = this.#options;
    const holder = budget === 'child' ? child : undefined;
    const restarts = addRestart(holder?.restarts ?? this.#restarts, this.#cell.dispatcher.host.now(), {
      intensity,
      period,
    });
    if (restarts === undefined) {
      this.#report('shutdown', child, exit.shutdownWith('reachedMaxRestartIntensity'));
      this.#rest(child);
      return next.stop(exit.shutdown);
    }
    if (holder === undefined) this.#restarts = restarts;
    else holder.restarts = restarts;
    switch (strategy) {
      case 'oneForOne':
      case 'dynamic':
        return this.#startAll([child]);
      case 'oneForAll':
        return this.#restartGroup([...this.#children.values()]);
      case 'restForOne': {
        const all = [...this.#children.values()];
        return this.#restartGroup(all.slice(all.indexOf(child)));
      }
    }
  }

  /** Stops all in reverse order, then starts them in order. What waits in their mailboxes is handled by the new instances. */
  async #restartGroup(group: readonly Child[]): Promise<void> {
    for (const each of [...group].reverse()) {
      await this.#stop(each, false);
      // A temporary bystander is stopped and gone.
      if (each.spec.restart === 'temporary') this.#drop(each);
    }
    await this.#startAll(group.filter(({ spec }) => spec.restart !== 'temporary'));
  }

  /** Starts in order; stops at the first that fails, which is tried again later. */
  async #startAll(group: readonly Child[]): Promise<void> {
    for (const each of group) {
      const started = await this.#start(each, true);
      if (started.outcome !== 'error') continue;
      this.#report('startError', each, started.reason);
      each.status = 'restarting';
      return this.#tryAgain(each);
    }
  }

  #report(
    error: 'childTerminated' | 'startError' | 'shutdownError' | 'shutdown',
    child: Child,
    reason: ExitReason,
  ): void {
    const id = this.#isDynamic ? child.cell?.name : child.spec.id;
    this.#cell.runtime.report({ type: 'supervisor', path: this.#cell.path, error, child: id, reason });
  }

  // ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #receive(message: SupervisorMessage | TryAgain): Promise<Next | void> {
    if (message instanceof TryAgain) {
      const { child } = message;
      return child.status === 'restarting' && child.retry === message ? this.#restart(child) : undefined;
    }
    const { call, reply } = (message ?? {}) as Partial<SupervisorMessage>;
    if (typeof call !== 'string' || !Object.hasOwn(CALLS, call) || typeof reply?.tell !== 'function') {
      this.#cell.runtime.report({ type: 'unexpectedMessage', path: this.#cell.path, message });
      return;
    }
    try {
      (reply as Reply<unknown>).tell(await this.#call(message));
    } catch (error) {
      reply.fail(error);
    }
  }

  #call(message: SupervisorMessage): unknown {
    switch (message.call) {
      case 'startChild':
        return this.#startChild(message.child);
      case 'terminateChild':
        return this.#terminateChild(message.child);
      case 'restartChild':
        return this.#restartChild(message.child);
      case 'deleteChild':
        return this.#deleteChild(message.child);
      case 'getChildSpec':
        return publicSpec(this.#find(message.child, 'getChildSpec').spec);
      case 'children':
        return this.#list();
      case 'count':
        return this.#count();
      default:
        return this.#reconfigure(message.options);
    }
  }

  #refuse(code: SupervisorErrorCode, text: string, options?: { cause?: unknown }): SupervisorError {
    return new SupervisorError(code, `supervisor ${this.#cell.path}: ${text}`, options);
  }

  #find(which: string | ActorRef<never>, call: string): Child {
    const child =
      typeof which === 'string'
        ? this.#children.get(which)
        : [...this.#byCell.values()].find(({ cell }) => cell!.id === which?.id);
    if (child !== undefined) return child;
    if (typeof which === 'string' && this.#isDynamic) {
      throw this.#refuse(
        'dynamic',
        `${call}: children of a dynamic supervisor have no ids; pass the child's ref`,
      );
    }
    throw this.#refuse(
      'notFound',
      `${call}: there is no child ${typeof which === 'string' ? which : String(which)}`,
    );
  }

  async #startChild(what: ChildSpec | readonly unknown[]): Promise<StartedChild> {
    let child: Child;
    if (this.#isDynamic) {
      if (!Array.isArray(what)) {
        throw new TypeError(
          `supervisor ${this.#cell.path}: startChild: a dynamic supervisor takes the arguments of the child as an array`,
        );
      }
      const template = this.#options.children[0]!;
      child = this.#enter({ ...template, args: [...template.args, ...(what as readonly unknown[])] });
    } else {
      const spec = checkChild(what as ChildSpec, 'startChild: child', false, this.#options.autoShutdown);
      const known = this.#children.get(spec.id);
      if (known !== undefined) {
        throw known.status === 'stopped'
          ? this.#refuse(
              'alreadyPresent',
              `startChild: ${spec.id} is present, and stopped; use restartChild or deleteChild`,
            )
          : this.#refuse(
              'alreadyStarted',
              `startChild: ${spec.id} is started already: ${String(known.cell?.ref)}`,
            );
      }
      child = this.#enter(spec);
    }
    const started = await this.#start(child);
    if (started.outcome === 'error') {
      this.#report('startError', child, started.reason);
      this.#drop(child);
    } else if (started.outcome === 'ignore' && this.#isDynamic) {
      this.#drop(child);
    }
    return this.#startedChild(child, started, 'startChild');
  }

  #startedChild({ cell, spec }: Child, started: Started, call: string): StartedChild {
    if (started.outcome === 'ok') return { ref: cell!.ref as ActorRef<never>, info: started.info };
    if (started.outcome === 'ignore') return { ref: undefined, info: undefined };
    const { reason } = started;
    throw this.#refuse(
      'startFailed',
      `${call}: ${spec.id || cell!.name} failed to start: ${describeReason(reason)}`,
      {
        cause: reason.type === 'error' ? reason.error : reason,
      },
    );
  }

  async #terminateChild(which: string | ActorRef<never>): Promise<void> {
    const child = this.#find(which, 'terminateChild');
    await this.#stop(child, true);
    this.#rest(child);
  }

  #stopped(id: string, call: string): Child {
    const child = this.#find(id, call);
    if (child.status === 'stopped') return child;
    throw this.#refuse(child.status, `${call}: ${id} is ${child.status}; terminate it first`);
  }

  async #restartChild(id: string): Promise<StartedChild> {
    const child = this.#stopped(id, 'restartChild');
    const started = await this.#start(child);
    if (started.outcome === 'error') {
      this.#report('startError', child, started.reason);
      child.cell?.discard();
    }
    return this.#startedChild(child, started, 'restartChild');
  }

  #deleteChild(id: string): void {
    this.#drop(this.#stopped(id, 'deleteChild'));
  }

  #list(): ChildInfo[] {
    return this.#everyChild()
      .map(({ spec, cell, status }) => ({
        id: this.#isDynamic ? undefined : spec.id,
        ref: status === 'running' ? (cell!.ref as ActorRef<never>) : undefined,
        status,
        type: spec.type,
      }))
      .reverse();
  }

  #count(): ChildCount {
    const all = this.#everyChild();
    const supervisors = all.filter(({ spec }) => spec.type === 'supervisor').length;
    return {
      specs: this.#isDynamic ? 1 : all.length,
      active: all.filter(({ status, cell }) => status === 'running' && cell!.alive).length,
      supervisors,
      workers: all.length - supervisors,
    };
  }

  /** Source: OTP's `code_change`. */
  #reconfigure(options: SupervisorOptions): void {
    const full = checkSupervisor(options);
    if ((full.strategy === 'dynamic') !== this.#isDynamic) {
      throw new TypeError("reconfigure: strategy: a supervisor can't become dynamic, or cease to be");
    }
    this.#options = full;
    if (this.#isDynamic) return;
    const old = this.#children;
    this.#children = new Map();
    for (const spec of full.children) {
      const known = old.get(spec.id);
      old.delete(spec.id);
      if (known === undefined) this.#enter(spec);
      else {
        known.spec = spec;
        // Its next instance starts from the new spec.
        if (known.cell !== undefined && known.cell.actor === spec.start) known.cell.args = spec.args;
        this.#children.set(spec.id, known);
      }
    }
    for (const [id, child] of old) this.#children.set(id, child);
  }
}

const CALLS: Record<SupervisorMessage['call'], true> = {
  startChild: true,
  terminateChild: true,
  restartChild: true,
  deleteChild: true,
  getChildSpec: true,
  children: true,
  count: true,
  reconfigure: true,
};

function publicSpec(spec: FullSpec): ChildSpec {
  const { backoff, id, ...rest } = spec;
  return {
    ...(rest as unknown as Omit<ChildSpec, 'id' | 'backoff'>),
    ...(id !== '' && { id }),
    ...(backoff !== undefined && { backoff }),
  };
}
