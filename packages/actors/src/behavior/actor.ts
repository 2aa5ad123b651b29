/** Declares actors at module level, so that any thread that imports the module can start them, and start them again. */
import type { Placement } from '../runtime/placement.ts';
import { checkMailbox } from '../mailbox/mailbox.ts';
import type { MailboxOptions } from '../mailbox/mailbox.ts';
import { checkBackoff } from '../supervision/backoff.ts';
import type { Backoff } from '../supervision/backoff.ts';
import { checkBudget } from '../supervision/budget.ts';
import type { Budget } from '../supervision/budget.ts';
import { checkRules, isClass } from '../supervision/decide.ts';
import type { FailureRule } from '../supervision/decide.ts';
import type { Setup } from './behavior.ts';
import type { Context } from './context.ts';
import { checkNames } from './names.ts';

/** What the actors of a declaration have in common; what a spawn says goes before it. */
export interface ActorOptions<M = never> {
  readonly mailbox?: MailboxOptions<M>;
  /** What an uncaught error does, by its class; the first rule that matches decides, and without one the actor stops. */
  readonly onError?: readonly FailureRule[];
  /** How often rules may restart it in place. Default: 10 times in 10 s. */
  readonly restarts?: Partial<Budget>;
  /** How long to wait before restarting in place. Default: not at all. */
  readonly backoff?: Backoff;
  /** Whether a restart in place leaves the children alone. Default: false, they are stopped first. */
  readonly keepChildren?: boolean;
  /** How many messages may be stashed, and how many may wait during a backoff. Default: 10,000. */
  readonly stashCapacity?: number;
  /** How long a stop waits before it becomes a kill, in milliseconds; `'brutal'` kills at once. Default: 5000. */
  readonly shutdown?: Shutdown;
  /** Where it runs. Default: beside its parent. */
  readonly placement?: Placement;
}

/** Milliseconds, `'brutal'` or `'infinity'`. Source: OTP. */
export type Shutdown = number | 'brutal' | 'infinity';

// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all setup functions.
export type SetupFunction<M, A extends any[]> = (context: Context<M>, ...args: A) => Setup<M>;

/** A declared actor: what `spawn` starts. `M` is what it understands, `A` what its setup function takes. */
export interface Actor<in out M, A extends unknown[]> {
  readonly name: string;
  /** URL of the module that declares it; `undefined` for one that can run only on the thread that spawns it. */
  readonly module: string | undefined;
  readonly options: ActorOptions<M>;
  /** @internal */
  readonly setup: SetupFunction<M, A>;
  /** @internal Set for supervisors, whose cell has more to do. */
  readonly system?: unknown;
  /** @internal Whether it answers the calls of `wrap`, or passes them on. */
  readonly takesCalls?: boolean;
}

const declared = new Map<string, Actor<never, never>>();

/**
 * Declares an actor at module level: `export const counter = actor(import.meta, function counter(context: Context<Message>, start: number) { … })`. The
 * function is called at each start and restart and returns the behaviour, so its variables are the actor's state.
 *
 * Threads find it by its module and the function's name; where there is none (minifiers drop them) or two have the same (bundlers make one module of
 * many), by its place among them, so declare actors in the same order everywhere: not inside a function or a condition. Throws `TypeError` for what is no
 * function and for options that are wrong, naming them.
 *
 * @example
 * type Message = { type: 'add'; by: number } | { type: 'get'; reply: Reply<number> };
 * export const counter = actor(import.meta, function counter(context: Context<Message>, start: number) {
 *   let count = start;
 *   return (message: Message) => {
 *     if (message.type === 'add') count += message.by;
 *     else message.reply.tell(count);
 *   };
 * });
 */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export function actor<M, A extends any[]>(
  meta: ImportMeta,
  setup: SetupFunction<M, A>,
  options: ActorOptions<NoInfer<M>> = {},
): Actor<M, A> {
  checkDeclaration('actor', meta, setup);
  return declare(meta.url, setup.name, setup, options);
}

/** Throws `TypeError` for what can't be declared. */
export function checkDeclaration(word: string, meta: ImportMeta, run: unknown): void {
  if (typeof meta?.url !== 'string') {
    throw new TypeError(
      `${word}: the first argument must be import.meta of the module that declares the actor`,
    );
  }
  if (typeof run !== 'function')
    throw new TypeError(`${word}: expected a function, got ${String(run)} (${typeof run})`);
}

/** Declares an actor under a name, or under one made of it if that is taken. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export function declare<M, A extends any[]>(
  module: string,
  wanted: string,
  setup: SetupFunction<M, A>,
  options: ActorOptions<M>,
  takesCalls = false,
): Actor<M, A> {
  const name = vacantName(module, wanted);
  checkActorOptions(options, `actor ${name}`);
  const made: Actor<M, A> = Object.freeze({ name, module, options, setup: setup as never, takesCalls });
  declared.set(`${module}#${name}`, made as unknown as Actor<never, never>);
  return made;
}

/** `counter`, `counter~2`, `counter~3` … Core names tasks alike. */
function vacantName(module: string, wanted: string): string {
  const base = wanted === '' ? 'actor' : wanted;
  let vacant = base;
  for (let n = 2; declared.has(`${module}#${vacant}`); n++) vacant = `${base}~${n}`;
  return vacant;
}

/** Finds a declared actor in this thread, importing its module if need be. Rejects with `TypeError` if the module doesn't declare it. */
export async function findActor(module: string, name: string): Promise<Actor<never, never>> {
  const key = `${module}#${name}`;
  if (!declared.has(key)) await import(/* @vite-ignore */ module);
  const found = declared.get(key);
  if (found === undefined) {
    throw new TypeError(
      `${module} was imported in a thread and didn't declare the actor "${name}": declare it at module level, not inside a function or a condition`,
    );
  }
  return found;
}

/** Whether other threads can find it. */
export function isDeclared(actor: { readonly module: string | undefined; readonly name: string }): boolean {
  return actor.module !== undefined && declared.get(`${actor.module}#${actor.name}`) === (actor as unknown);
}

/** As `findActor`, for one whose module is loaded already. */
export function knownActor(module: string, name: string): Actor<never, never> | undefined {
  return declared.get(`${module}#${name}`);
}

const NO_OPTIONS: ActorOptions = Object.freeze({});

/** A setup function as an actor. There may be a hundred thousand, so it has no more fields than it needs. */
class OwnActor implements Actor<never, never> {
  readonly setup: SetupFunction<never, never>;

  constructor(setup: SetupFunction<never, never>) {
    this.setup = setup;
  }

  get name(): string {
    return this.setup.name;
  }

  get module(): undefined {
    return undefined;
  }

  get options(): ActorOptions {
    return NO_OPTIONS;
  }

  get takesCalls(): boolean {
    return (this.setup as { takesCalls?: boolean }).takesCalls === true;
  }
}

/** An actor from what `spawn` was given: a declaration, or a setup function, which can only run here. */
export function toActor(start: unknown, place: string): Actor<never, never> {
  if (typeof start === 'function') {
    if (isClass(start)) {
      throw new TypeError(
        `${place}: ${start.name} is a class; an actor is declared by a function: return its methods from objectActor(import.meta, () => new ${start.name}()), or a behaviour from a setup function`,
      );
    }
    return new OwnActor(start as SetupFunction<never, never>);
  }
  if (typeof start === 'object' && start !== null && 'setup' in start) return start as Actor<never, never>;
  throw new TypeError(
    `${place}: expected an actor (declared with actor(import.meta, …)) or a setup function, got ${String(start)} (${typeof start})`,
  );
}

const OPTIONS: readonly string[] = [
  'mailbox',
  'onError',
  'restarts',
  'backoff',
  'keepChildren',
  'stashCapacity',
  'shutdown',
  'placement',
] satisfies (keyof ActorOptions)[];

/** Throws `TypeError` or `RangeError` naming the option that is wrong and its value. `more`: what else may stand beside them. */
export function checkActorOptions(options: ActorOptions, place: string, more: readonly string[] = []): void {
  checkNames(options, more.length === 0 ? OPTIONS : [...more, ...OPTIONS], place);
  if (options.placement !== undefined) checkPlacement(options.placement, place);
  if (options.mailbox !== undefined) checkMailbox(options.mailbox);
  if (options.onError !== undefined) checkRules(options.onError, place);
  if (options.restarts !== undefined) checkBudget(options.restarts, `${place}: restarts`);
  if (options.backoff !== undefined) checkBackoff(options.backoff, `${place}: backoff`);
  const { stashCapacity, shutdown } = options;
  if (stashCapacity !== undefined && (!Number.isSafeInteger(stashCapacity) || stashCapacity < 1)) {
    throw new RangeError(
      `${place}: stashCapacity must be a whole number from 1, got ${String(stashCapacity)} (${typeof stashCapacity})`,
    );
  }
  if (shutdown !== undefined) checkShutdown(shutdown, place);
}

function checkPlacement(placement: unknown, place: string): void {
  if (placement === 'parent' || placement === 'leastLoaded' || placement === 'main') return;
  const key = (placement as { key?: unknown } | null)?.key;
  if (typeof key === 'string' || typeof key === 'number') return;
  throw new TypeError(
    `${place}: placement must be 'parent', 'leastLoaded', 'main' or { key } with a string or number, got ${typeof placement === 'object' ? JSON.stringify(placement) : String(placement)} (${typeof placement})`,
  );
}

export function checkShutdown(shutdown: unknown, place: string): void {
  if (shutdown === 'brutal' || shutdown === 'infinity') return;
  if (typeof shutdown !== 'number') {
    throw new TypeError(
      `${place}: shutdown must be milliseconds, 'brutal' or 'infinity', got ${String(shutdown)} (${typeof shutdown})`,
    );
  }
  if (!(shutdown >= 0))
    throw new RangeError(`${place}: shutdown must be 0 or more milliseconds, got ${shutdown}`);
}
