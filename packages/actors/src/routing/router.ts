/** Routers: one address for several actors of a kind. A router survives the end of its routees, and ends when all have. */
import type { Actor, ActorOptions, SetupFunction } from '../behavior/actor.ts';
import { behavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import { next } from '../behavior/next.ts';
import { LocalRef } from '../runtime/local-ref.ts';
import type { Placement } from '../runtime/placement.ts';
import type { ActorRef } from '../runtime/ref.ts';

/**
 * - `roundRobin`: one after the other.
 * - `random`: by chance.
 * - `smallestMailbox`: the one with the fewest messages waiting; those of other threads count as empty.
 * - `broadcast`: all of them.
 * - `{ key }`: messages of equal keys to the same one. When one ends only its keys move (rendezvous hashing).
 */
export type Routing<M> =
  | 'roundRobin'
  | 'random'
  | 'smallestMailbox'
  | 'broadcast'
  | { readonly key: (message: M) => string | number };

export interface RouterOptions<M, A extends unknown[]> {
  /** What the routees are. */
  readonly start: Actor<M, A> | SetupFunction<M, A>;
  readonly args?: A;
  /** How many, from 1. */
  readonly routees: number;
  /** Default: `roundRobin`. */
  readonly routing?: Routing<M>;
  /** Where each runs. Default: beside the router. */
  readonly placement?: Placement;
  /** Anything else for the spawn of each. */
  readonly options?: ActorOptions;
}

const ROUTINGS: readonly unknown[] = ['roundRobin', 'random', 'smallestMailbox', 'broadcast'];

/**
 * Returns what `spawn` needs to start a router, which runs on the thread that spawns it. Throws `RangeError` or `TypeError` naming the option that is wrong.
 *
 * @example
 * const pool = system.spawn(router({ start: worker, routees: 4, placement: 'leastLoaded' }));
 * pool.tell(job);
 */
export function router<M, A extends unknown[]>(options: RouterOptions<M, A>): SetupFunction<M, []> {
  const { routees: count, routing = 'roundRobin', start, args, placement } = options;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(
      `router: routees must be a whole number from 1, got ${String(count)} (${typeof count})`,
    );
  }
  const isKeyed = typeof routing === 'object' && typeof routing?.key === 'function';
  if (!isKeyed && !ROUTINGS.includes(routing)) {
    throw new TypeError(
      `router: routing must be one of ${ROUTINGS.join(', ')} or { key }, got ${String(routing)}`,
    );
  }
  const setup = function router(context: Context<M>) {
    let routees: ActorRef<M>[] = [];
    for (let n = 0; n < count; n++) {
      const own = {
        ...options.options,
        ...(placement !== undefined && { placement }),
        ...(args !== undefined && { args }),
        name: `routee-${n}`,
        watch: true,
      };
      routees.push(context.spawn(start, own as never));
    }
    const choose = chooser(routing as Routing<M>, context);
    return behavior<M>({
      receive(message) {
        if (routing === 'broadcast') for (const routee of routees) routee.tell(message);
        else choose(routees, message).tell(message);
      },
      signal(signal) {
        if (signal.type !== 'down') return undefined;
        routees = routees.filter(({ id }) => id !== signal.ref.id);
        return routees.length === 0 ? next.stop() : undefined;
      },
    });
  };
  // Its routees may be objects.
  return Object.assign(setup, { takesCalls: true });
}

function chooser<M>(
  routing: Routing<M>,
  context: Context<M>,
): (routees: readonly ActorRef<M>[], message: M) => ActorRef<M> {
  let turn = -1;
  if (typeof routing === 'object') {
    return (routees, message) => {
      const key = String(routing.key(message));
      return best(routees, ({ path }) => -score(`${key}\n${path}`));
    };
  }
  if (routing === 'random') {
    const { host } = context.cell.dispatcher;
    return routees => routees[Math.floor(host.random() * routees.length)]!;
  }
  if (routing === 'smallestMailbox') return routees => best(routees, waiting);
  return routees => routees[(turn = (turn + 1) % routees.length)]!;
}

function waiting(ref: ActorRef<never>): number {
  return ref instanceof LocalRef ? ref.cell.mailbox.size : 0;
}

/** The routee with the least weight; the first among equals. */
function best<M>(routees: readonly ActorRef<M>[], weigh: (ref: ActorRef<M>) => number): ActorRef<M> {
  let found = routees[0]!;
  let least = Infinity;
  for (const routee of routees) {
    const weight = weigh(routee);
    if (weight >= least) continue;
    least = weight;
    found = routee;
  }
  return found;
}

/** A number from 0 to 2³² that depends on every character (FNV-1a, and murmur's last steps so that close texts are far apart). */
function score(text: string): number {
  let mixed = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) mixed = Math.imul(mixed ^ text.charCodeAt(n), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
