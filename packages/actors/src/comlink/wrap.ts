/** `wrap`: an actor as an object, by comlink, over an endpoint that knows when the actor dies. */
import { wrap as wrapEndpoint } from 'comlink';
import type { Endpoint, Remote } from 'comlink';
import { callRefused } from '../runtime/calls.ts';
import { AdapterRef, LocalRef } from '../runtime/local-ref.ts';
import { RemoteRef } from '../runtime/remote-ref.ts';
import { checkRef } from '../runtime/ref.ts';
import type { ActorRef } from '../runtime/ref.ts';
import { arrive, leave } from './bridge.ts';
import type { CallMessage, Request } from './object-actor.ts';

type Listener = (event: { readonly data: unknown }) => void;

/**
 * Returns a proxy of an actor declared with `objectActor`: its methods return promises, which reject with what the method threw, and with `ActorDiedError` at once if the actor is
 * gone or goes, and with `TypeError` if it is no such actor, nor a router to some. Functions among the arguments travel if they are marked with comlink's `proxy`. Calls hold the event loop until they are answered.
 * Throws `TypeError` for what is no ref.
 *
 * @example
 * const proxied = wrap(system.spawn(tally, { args: [40] }));
 * await proxied.increment(2); // => 42
 */
export function wrap<T>(ref: ActorRef<CallMessage<T>>): Remote<T> {
  checkRef(ref, 'wrap');
  return wrapEndpoint<T>(client(ref as ActorRef<CallMessage<unknown>>));
}

function client(ref: ActorRef<CallMessage<unknown>>): Endpoint {
  const listeners = new Set<Listener>();
  const guardian = ref instanceof RemoteRef ? ref.guardian : undefined;
  const emit = (data: unknown): void => {
    for (const listener of listeners) listener({ data });
  };
  return {
    addEventListener: (_type, listener) => void listeners.add(listener as unknown as Listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener as unknown as Listener),
    postMessage(message: Request) {
      // Nobody there has to hear that one proxy of many is done with, which may be long after the system has stopped.
      if (message.type === 'RELEASE')
        return queueMicrotask(() => emit({ id: message.id, type: 'RAW', value: undefined }));
      let request = message;
      if (guardian !== undefined && request.argumentList !== undefined) {
        request = { ...request, argumentList: request.argumentList.map(each => leave(each, guardian)) };
      }
      const call = { type: 'comlink', request } as const;
      const refusal =
        ref instanceof LocalRef && !(ref instanceof AdapterRef) ? callRefused(ref.cell, call) : undefined;
      const answer = refusal === undefined ? ref.ask(call, { timeout: Infinity }) : Promise.reject(refusal);
      answer.then(
        response => emit(guardian === undefined ? response : arrive(response, guardian)),
        // As comlink puts errors, but with the error itself.
        (error: unknown) =>
          emit({ id: message.id, type: 'HANDLER', name: 'throw', value: { isError: false, value: error } }),
      );
    },
  };
}
