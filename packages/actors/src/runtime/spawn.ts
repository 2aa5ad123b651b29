/** Starts actors below others. */
import { toActor, checkActorOptions } from '../behavior/actor.ts';
import type { Actor, ActorOptions } from '../behavior/actor.ts';
import { NameTakenError } from '../errors.ts';
import { Cell } from './cell.ts';
import { NO_ARGS } from './cell/state.ts';
import type { ActorRef } from './ref.ts';

/** How an actor is started. What it doesn't say, the declaration says. */
export interface SpawnOptions<A extends unknown[] = unknown[]> extends ActorOptions {
  /** What the setup function takes after the context. */
  readonly args?: A;
  /** Unique among its siblings, without `/`. Default: the declaration's name and a number. */
  readonly name?: string;
  /** Whether the parent gets a `down` when it ends. */
  readonly watch?: boolean;
  /** Whether parent and child are linked. */
  readonly link?: boolean;
}

/** The options may be left out only if the setup function takes no arguments. */
export type SpawnArguments<A extends unknown[]> = [] extends A
  ? [options?: SpawnOptions<A>]
  : [options: SpawnOptions<A> & { readonly args: A }];

const OWN = ['args', 'name', 'watch', 'link'] satisfies (keyof SpawnOptions)[];

/** Whether there is more in it than what is the spawn's own. */
function hasMore(options: SpawnOptions): boolean {
  // An array's methods would be slower: the keys are known to the engine, and compared by identity.
  for (const name in options) {
    if (name !== 'args' && name !== 'name' && name !== 'watch' && name !== 'link') return true;
  }
  return false;
}

/** The declaration's options, and those of this start. */
function mergeOptions(actor: Actor<never, never>, options: SpawnOptions): ActorOptions {
  const { args: _args, name: _name, watch: _watch, link: _link, ...own } = options;
  checkActorOptions(own, `spawn ${actor.name}`, OWN);
  // The innermost rule that matches decides: the declaration's come first.
  const onError = [...(actor.options.onError ?? []), ...(own.onError ?? [])];
  return { ...actor.options, ...own, ...(onError.length > 0 && { onError }) };
}

function checkLabel(parent: Cell, label: unknown): void {
  if (typeof label !== 'string' || label === '' || label.includes('/')) {
    throw new TypeError(
      `spawn below ${parent.path || '/'}: name must be a string without "/", got ${JSON.stringify(label)}`,
    );
  }
  const holder = parent.knownChildren?.named(label);
  if (holder !== undefined) {
    throw new NameTakenError(
      `spawn: the name ${parent.path}/${label} is taken by actor ${holder.id} (${holder.actor.name})`,
    );
  }
}

/** Makes a cell below `parent`, not started yet. Throws for a bad or taken name and for bad options. What few need is apart, so that the engine takes the cell's making in. */
export function createCell(
  parent: Cell,
  start: unknown,
  args: readonly unknown[],
  options: SpawnOptions | undefined,
  label: string | undefined,
): Cell {
  const actor = toActor(start, 'spawn');
  // Most have only what is the spawn's own, and to copy the rest costs as much as to make the cell.
  const merged =
    options !== undefined && hasMore(options)
      ? mergeOptions(actor, options)
      : (actor.options as ActorOptions);
  if (label !== undefined) checkLabel(parent, label);
  const { runtime } = parent;
  const placement = merged.placement ?? 'parent';
  const slot = placement === 'parent' ? runtime.slot : runtime.place(placement);
  const cell =
    slot === runtime.slot
      ? new Cell(runtime, parent, actor, args, merged, runtime.nextId(), label)
      : runtime.node!.agents.create(parent, actor, args, merged, options, slot, label);
  const { children } = parent;
  children.add(cell);
  if (label !== undefined) children.name(label, cell);
  return cell;
}

/** Makes a cell and has it start in its own turn. A parent that is ending gets a child that has ended. */
export function spawnChild(parent: Cell, start: unknown, options: SpawnOptions | undefined): ActorRef<never> {
  const args = options?.args ?? NO_ARGS;
  if (!Array.isArray(args))
    throw new TypeError(`spawn: args must be an array, got ${String(args)} (${typeof args})`);
  const cell = createCell(parent, start, args, options, options?.name);
  const ref = cell.ref as ActorRef<never>;
  if (!parent.acceptsChildren) {
    cell.kill();
    return ref;
  }
  // By the cell, also if it stands for an actor elsewhere: there nobody knows of that one yet, and would say that it is dead.
  const from = parent.ref as ActorRef<never>;
  if (options?.link === true) {
    parent.bonds.links.set(ref.id, ref);
    cell.signal({ kind: 'link', from });
  }
  if (options?.watch === true) {
    const watch = parent.runtime.nextId();
    const rest = { hasMessage: false, message: undefined, callback: undefined };
    parent.bonds.watching.set(watch, { target: ref, ...rest });
    cell.signal({ kind: 'watch', from, watch });
  }
  // For an actor elsewhere the order to start it must go out before the first message to it.
  if (cell.agent === undefined) cell.startSoon();
  else void cell.start();
  return ref;
}
