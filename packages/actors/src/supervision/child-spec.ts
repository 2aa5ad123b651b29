/** What a supervisor is told about its children, and the checks that run before anything starts. */
import { checkActorOptions, checkShutdown, toActor } from '../behavior/actor.ts';
import type { Actor, SetupFunction, Shutdown } from '../behavior/actor.ts';
import { isDedicated } from '../behavior/dedicated.ts';
import { checkNames } from '../behavior/names.ts';
import { checkBackoff } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { checkBudget } from './budget.ts';
import type { SpawnOptions } from '../runtime/spawn.ts';

/**
 * - `permanent`: always restarted.
 * - `transient`: restarted only after an abnormal end.
 * - `temporary`: never restarted; its spec goes with it.
 */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/** What a child is, for `children()` and `count()`: `thread` is one that has a thread to itself, declared with `dedicated`. */
export type ChildType = 'worker' | 'supervisor' | 'thread';

/** One child. Source: OTP's child specification. */
export interface ChildSpec {
  /** Unique among the supervisor's children, and the child's name. Not for the template of a `dynamic` supervisor. */
  readonly id?: string;
  /** What is started: a declared actor, a supervisor, or a setup function. */
  // oxlint-disable-next-line typescript/no-explicit-any -- children of all types stand in one list
  readonly start: Actor<any, any> | Actor<never, any> | SetupFunction<any, any>;
  /** What the setup function takes after the context; a `dynamic` supervisor's `startChild` adds to them. */
  readonly args?: readonly unknown[];
  /** Default: `permanent`. */
  readonly restart?: RestartType;
  /** Whether its own end may end the supervisor; see `autoShutdown`. Default: false. */
  readonly significant?: boolean;
  /** How long a stop waits before it becomes a kill. Default: 5000 ms, for supervisors `'infinity'`. */
  readonly shutdown?: Shutdown;
  /** Default: as what it starts. */
  readonly type?: ChildType;
  /** How long to wait before a restart. Default: not at all, as in OTP. */
  readonly backoff?: Backoff;
  /** Anything else that `spawn` takes. */
  readonly options?: Omit<SpawnOptions, 'args' | 'name' | 'watch' | 'link' | 'shutdown' | 'backoff'>;
}

/** A checked spec with nothing left open. */
export interface FullSpec {
  readonly id: string;
  readonly start: Actor<never, never>;
  readonly args: readonly unknown[];
  readonly restart: RestartType;
  readonly significant: boolean;
  readonly shutdown: Shutdown;
  readonly type: ChildType;
  readonly backoff: Backoff | undefined;
  readonly options: SpawnOptions;
}

/**
 * - `oneForOne`: only the child that ended is restarted.
 * - `oneForAll`: all are.
 * - `restForOne`: it and those started after it.
 * - `dynamic`: as `oneForOne`, for any number of children of one template (OTP's `simple_one_for_one`).
 */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne' | 'dynamic';

export type AutoShutdown = 'never' | 'anySignificant' | 'allSignificant';

/** How a supervisor works. Source: OTP's supervisor flags. */
export interface SupervisorOptions {
  /** Default: `oneForOne`. */
  readonly strategy?: Strategy;
  /** More restarts than this within `period` end the supervisor. Default: 1. */
  readonly intensity?: number;
  /** Milliseconds. Default: 5000. */
  readonly period?: number;
  /** Whether the budget is one for all children, as in OTP, or one for each. Default: `supervisor`. */
  readonly budget?: 'supervisor' | 'child';
  /** Whether the end of significant children ends the supervisor. Default: `never`. */
  readonly autoShutdown?: AutoShutdown;
  /** In the order of their start; for `dynamic`, the template alone. */
  readonly children?: readonly ChildSpec[];
}

export interface FullOptions {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly period: number;
  readonly budget: 'supervisor' | 'child';
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly FullSpec[];
}

const OPTIONS = [
  'strategy',
  'intensity',
  'period',
  'budget',
  'autoShutdown',
  'children',
] satisfies (keyof SupervisorOptions)[];
const FIELDS = [
  'id',
  'start',
  'args',
  'restart',
  'significant',
  'shutdown',
  'type',
  'backoff',
  'options',
] satisfies (keyof ChildSpec)[];
const STRATEGIES = ['oneForOne', 'oneForAll', 'restForOne', 'dynamic'];
const RESTARTS = ['permanent', 'transient', 'temporary'];
const TYPES = ['worker', 'supervisor', 'thread'];
const AUTO = ['never', 'anySignificant', 'allSignificant'];

/** Fills in the defaults. Throws `TypeError` or `RangeError` naming the field and the value. */
export function checkSupervisor(options: SupervisorOptions): FullOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`supervisor: expected options, got ${String(options)} (${typeof options})`);
  }
  checkNames(options, OPTIONS, 'supervisor');
  const { strategy = 'oneForOne', intensity = 1, period = 5000, budget = 'supervisor' } = options;
  const { autoShutdown = 'never', children = [] } = options;
  oneOf('supervisor: strategy', strategy, STRATEGIES);
  oneOf('supervisor: budget', budget, ['supervisor', 'child']);
  oneOf('supervisor: autoShutdown', autoShutdown, AUTO);
  checkBudget({ intensity, period }, 'supervisor');
  if (!Array.isArray(children)) {
    throw new TypeError(
      `supervisor: children must be an array, got ${String(children)} (${typeof children})`,
    );
  }
  if (strategy === 'dynamic' && children.length !== 1) {
    throw new RangeError(
      `supervisor: children of a dynamic supervisor must be its template alone, got ${children.length} specs`,
    );
  }
  const full = (children as readonly ChildSpec[]).map((spec, index) =>
    checkChild(spec, `supervisor: children[${index}]`, strategy === 'dynamic', autoShutdown),
  );
  const ids = new Set<string>();
  for (const { id } of full) {
    if (ids.has(id)) throw new TypeError(`supervisor: children: two have the id ${JSON.stringify(id)}`);
    ids.add(id);
  }
  return { strategy, intensity, period, budget, autoShutdown, children: full };
}

/** Fills in the defaults of one spec. */
export function checkChild(
  spec: ChildSpec,
  place: string,
  isTemplate: boolean,
  autoShutdown: AutoShutdown,
): FullSpec {
  if (typeof spec !== 'object' || spec === null) {
    throw new TypeError(`${place} must be a child spec, got ${String(spec)} (${typeof spec})`);
  }
  checkNames(spec, FIELDS, place);
  const {
    id = isTemplate ? '' : undefined,
    args = [],
    restart = 'permanent',
    significant = false,
    backoff,
  } = spec;
  if (typeof id !== 'string' || (id === '') !== isTemplate || id.includes('/')) {
    throw new TypeError(
      isTemplate
        ? `${place}.id: the template of a dynamic supervisor has none, got ${JSON.stringify(id)}`
        : `${place}.id must be a string without "/", got ${JSON.stringify(id)} (${typeof id})`,
    );
  }
  const start = toActor(spec.start, `${place}.start`);
  const type = spec.type ?? (isSupervisor(start) ? 'supervisor' : isDedicated(start) ? 'thread' : 'worker');
  const shutdown = spec.shutdown ?? (type === 'supervisor' ? 'infinity' : (start.options.shutdown ?? 5000));
  if (!Array.isArray(args))
    throw new TypeError(`${place}.args must be an array, got ${String(args)} (${typeof args})`);
  oneOf(`${place}.restart`, restart, RESTARTS);
  oneOf(`${place}.type`, type, TYPES);
  if (type === 'thread' && !isDedicated(start)) {
    throw new TypeError(
      `${place}.type: only an actor declared with dedicated(…) is a thread, ${start.name} isn't`,
    );
  }
  checkShutdown(shutdown, place);
  if (typeof significant !== 'boolean') {
    throw new TypeError(
      `${place}.significant must be true or false, got ${String(significant)} (${typeof significant})`,
    );
  }
  if (significant && restart === 'permanent') {
    throw new TypeError(
      `${place}.significant: a permanent child never ends for good, so it can't be significant`,
    );
  }
  if (significant && autoShutdown === 'never') {
    throw new TypeError(`${place}.significant has no meaning while the supervisor's autoShutdown is "never"`);
  }
  if (backoff !== undefined) checkBackoff(backoff, `${place}.backoff`);
  if (spec.options !== undefined) checkActorOptions(spec.options, `${place}.options`);
  return {
    id,
    start,
    args: args as readonly unknown[],
    restart,
    significant,
    shutdown,
    type,
    backoff,
    options: { ...spec.options, shutdown },
  };
}

const supervisors = new WeakSet<object>();

/** Remembers that this actor is a supervisor. */
export function markSupervisor(actor: object): void {
  supervisors.add(actor);
}

function isSupervisor(actor: object): boolean {
  return supervisors.has(actor);
}

function oneOf(place: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string)) {
    throw new TypeError(
      `${place} must be one of ${allowed.join(', ')}, got ${String(value)} (${typeof value})`,
    );
  }
}
