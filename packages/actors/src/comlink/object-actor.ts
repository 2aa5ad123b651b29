/** Actors that are objects: their methods are called from anywhere through comlink's proxies, one call at a time. */
import { expose } from 'comlink';
import type { Endpoint } from 'comlink';
import { checkDeclaration, declare } from '../behavior/actor.ts';
import type { Actor, ActorOptions } from '../behavior/actor.ts';
import { behavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import { PendingAsk } from '../runtime/ask.ts';
import type { Reply } from '../runtime/ref.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { arrive, leave } from './bridge.ts';

/** A request of comlink's to an object of type `T`. */
export interface CallMessage<T> {
  readonly type: 'comlink';
  readonly request: Request;
  readonly reply: Reply<unknown>;
  /** Never there: carries the type. */
  readonly object?: T;
}

/** @internal */
export interface Request {
  readonly id?: string;
  readonly type: string;
  /** From the object down to the method. */
  readonly path?: readonly string[];
  readonly argumentList?: readonly unknown[];
}

/** What an object may have besides the methods that are called. */
export interface ObjectHooks {
  /** Runs once when the actor ends, however, unless it is killed. */
  stopped?(reason: ExitReason): unknown;
}

/**
 * Declares an actor that is an object: `make` runs at each start, and what it returns is called through `wrap(ref)`. Calls are handled one at a time, also async
 * ones. What a method throws is the caller's; the actor goes on.
 *
 * Throws as `actor` does.
 *
 * @example
 * export const counter = objectActor(import.meta, function counter(_context: Context<never>, start: number) {
 *   let count = start;
 *   return { increment: (by = 1) => (count += by) };
 * });
 * await wrap(system.spawn(counter, { args: [40] })).increment(2); // => 42
 */
// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
export function objectActor<T extends object, A extends any[]>(
  meta: ImportMeta,
  make: (context: Context<never>, ...args: A) => T,
  options: ActorOptions = {},
): Actor<CallMessage<T>, A> {
  checkDeclaration('objectActor', meta, make);
  return declare<CallMessage<T>, A>(
    meta.url,
    make.name,
    (context, ...args) => {
      const object = make(context as unknown as Context<never>, ...args);
      const { endpoint, handle } = server(context as unknown as Context<never>, object);
      expose(object, endpoint);
      const { stopped } = object as ObjectHooks;
      return behavior<CallMessage<T>>({
        receive: handle,
        ...(typeof stopped === 'function' && {
          stopped: (reason: ExitReason) => stopped.call(object, reason),
        }),
      });
    },
    options as ActorOptions<CallMessage<T>>,
    true,
  );
}

type Listener = (event: { readonly data: unknown; readonly origin: string }) => void;

/** The end of comlink's line in the actor. */
function server(
  context: Context<never>,
  object: object,
): {
  endpoint: Endpoint;
  handle: (message: CallMessage<unknown>) => Promise<void> | undefined;
} {
  const { cell } = context;
  let listener: Listener | undefined;
  const pending = new Map<string, { readonly reply: Reply<unknown>; readonly done: () => void }>();
  const endpoint: Endpoint = {
    addEventListener: (_type, added) => void (listener = added as unknown as Listener),
    removeEventListener() {},
    postMessage(response: { id: string }) {
      const call = pending.get(response.id);
      if (call === undefined) return;
      pending.delete(response.id);
      call.reply.tell(call.reply instanceof PendingAsk ? response : leave(response, cell));
      call.done();
    },
  };
  return {
    endpoint,
    handle({ request, reply }) {
      if (request.type === 'APPLY' && typeof methodOf(object, request.path) !== 'function') {
        const method = request.path!.join('.');
        reply.fail(new TypeError(`${context.path}: the object has no method "${method}"`));
        return undefined;
      }
      const { argumentList } = request;
      const data =
        argumentList === undefined
          ? request
          : { ...request, argumentList: argumentList.map(each => arrive(each, cell)) };
      return new Promise<void>(done => {
        pending.set(request.id!, { reply, done });
        listener!({ data, origin: '' });
      });
    },
  };
}

function methodOf(object: object, path: readonly string[] = []): unknown {
  let found: unknown = object;
  for (const name of path) found = (found as Record<string, unknown> | null | undefined)?.[name];
  return found;
}
