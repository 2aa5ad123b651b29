/**
 * Callbacks and proxies across threads. comlink passes them as `MessagePort`s, which can't lie in shared memory. So a port that would leave the thread stays, and a small actor
 * beside it, its *bridge*, carries what is posted there to a second bridge on the other thread, which has a port of its own.
 *
 * ```
 *  callback ◀─ port2 ═ port1 ◀─ bridge ◀──── actor messages ────▶ bridge ─▶ port1 ═ port2 ─▶ proxy
 *              this thread                                        the other thread
 * ```
 */
import { behavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import { next } from '../behavior/next.ts';
import type { Cell } from '../runtime/cell.ts';
import type { ActorRef } from '../runtime/ref.ts';
import { spawnChild } from '../runtime/spawn.ts';

/** What comlink sends for an argument or a result. */
interface WireValue {
  readonly type: string;
  readonly name?: string;
  readonly value: unknown;
}

/** None is ever a dead letter: what no bridge takes any more is for a call whose caller, or callee, has ended. */
type BridgeMessage =
  | { readonly type: '\0peer'; readonly peer: ActorRef<BridgeMessage> }
  | { readonly type: '\0data'; readonly data: unknown }
  | { readonly type: '\0closed' }
  /** The other bridge has ended, with its thread or what it belonged to. */
  | { readonly type: '\0gone' };

/** What comlink posts for a call, and with its id for the answer. */
interface Call {
  readonly id: string;
  readonly path?: readonly string[];
}

/** As comlink puts an error. */
function refusal(id: string): unknown {
  const message = 'the function was passed by an actor that has ended';
  return {
    id,
    type: 'HANDLER',
    name: 'throw',
    value: { isError: true, value: { message, name: 'ActorDiedError', stack: `ActorDiedError: ${message}` } },
  };
}

/** What stands in a message for a port that stayed at home. */
interface Tunnel {
  readonly bridge: ActorRef<BridgeMessage>;
}

/** A port as Node has it, and as the Web has it. */
type Port = MessagePort & { unref?(): void };

/** `first` and `owner`: at the side where the function came to, the other bridge, and to whom it came. */
function bridge(
  context: Context<BridgeMessage>,
  port: Port,
  first: ActorRef<BridgeMessage> | undefined,
  owner: Cell | undefined,
) {
  let peer = first;
  let peerDied = false;
  let ended = false;
  const early: unknown[] = [];
  /** Calls from here that haven't been answered. */
  const open = new Set<string>();
  port.addEventListener('message', event => {
    const { data } = event as MessageEvent<Call>;
    if (data.path !== undefined) {
      if (peerDied) return port.postMessage(refusal(data.id));
      open.add(data.id);
    }
    if (peer === undefined) early.push(data);
    else peer.tell({ type: '\0data', data });
  });
  port.addEventListener('close', () => {
    if (!ended) context.self.tell({ type: '\0closed' });
  });
  port.start();
  // A callback that may come one day is no reason to keep the program running.
  port.unref?.();
  if (first !== undefined) {
    context.watch(first, { type: '\0gone' });
    first.tell({ type: '\0peer', peer: context.self });
  }
  return behavior<BridgeMessage>({
    receive(message) {
      if (message.type === '\0data') {
        open.delete((message.data as Call).id);
        port.postMessage(message.data);
      } else if (message.type === '\0peer') {
        peer = message.peer;
        context.watch(peer, { type: '\0gone' });
        for (const data of early.splice(0)) peer.tell({ type: '\0data', data });
      } else {
        peerDied = message.type === '\0gone';
        return next.stop();
      }
      return undefined;
    },
    stopped() {
      ended = true;
      // Where the function is, nobody calls it any more; and an open port would keep the program running.
      if (!peerDied || owner === undefined) return port.close();
      // Who calls, or will, hears of it, for as long as the one lives who holds the proxy.
      for (const id of open) port.postMessage(refusal(id));
      if (!owner.alive) return port.close();
      const close = (): void => port.close();
      owner.onceDead(close);
      port.addEventListener('close', () => owner.bonds.deathWaiters.delete(close));
    },
  });
}

function isProxy(value: unknown): value is WireValue & { readonly value: object } {
  const wire = value as Partial<WireValue> | null | undefined;
  return wire?.type === 'HANDLER' && wire.name === 'proxy';
}

/** Keeps the port of a proxied value here, if it has one. `parent` owns the bridge. */
export function leave<T>(value: T, parent: Cell): T {
  if (!isProxy(value)) return value;
  const ref = spawnChild(parent, bridge, {
    args: [value.value, undefined, undefined],
  }) as ActorRef<BridgeMessage>;
  return { ...value, value: { bridge: ref } satisfies Tunnel };
}

/** Gives a proxied value that came from another thread a port here. */
export function arrive<T>(value: T, parent: Cell): T {
  if (!isProxy(value) || !('bridge' in value.value)) return value;
  const { port1, port2 } = new MessageChannel();
  (port2 as Port).unref?.();
  spawnChild(parent, bridge, { args: [port1, (value.value as unknown as Tunnel).bridge, parent] });
  return { ...value, value: port2 };
}
