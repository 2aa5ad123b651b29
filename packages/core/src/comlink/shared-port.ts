/**
 * Two ports, each in a thread of its own: what is posted to one arrives at the other, through a queue in shared memory for each direction. A port is what
 * comlink calls an endpoint; and unlike those of the platform it knows whether anybody is still there to answer.
 *
 * ```
 *           addEventListener, postMessage                close(), RELEASE answered, the thread ends
 *  fresh ─────────────────────────────────▶ open ──────────────────────────────────────────────────▶ closed (never back)
 *  may travel                               in one thread, which reads the inbox      GONE, CLOSED read from the inbox
 * ```
 *
 * Here is the endpoint, and what it makes of comlink's messages. `link.ts` is what an open port works with, with the argument that no call waits for the dead;
 * `channel.ts` is what the two have in shared memory; `calls.ts` what is in flight.
 */
import { i32 } from '../atomics.ts';
import { NotShareableError, ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { THREAD_FLAG } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import { holdLoop, releaseLoop } from '../parking/keep-alive.ts';
import { hasFlag } from '../thread/record.ts';
import { atThreadExit, threadValues } from '../thread/scope.ts';
import { Thread } from '../thread/thread.ts';
import { Calls } from './calls.ts';
import { CHANNEL, PORT_BYTES, SIDE, addressOf, createChannel, destroyPort } from './channel.ts';
import type { Half } from './channel.ts';
import { Link } from './link.ts';
import type { Ending } from './link.ts';
import { tell } from './listeners.ts';
import type { Listener, PortEvent } from './listeners.ts';
import { describeRequest, forSharedMemory, inCallersWords, isRequest, rejection } from './wire.ts';
import type { Message, Request } from './wire.ts';

/** A request that came by another port, and goes to listeners that answer through this one. */
interface Route {
  readonly port: SharedPort;
  readonly id: string;
}

/** A key of `threadValues`: the ports that are open in this thread. */
const OPEN_PORTS = {};

function openPorts(): Set<SharedPort> {
  const values = threadValues();
  let ports = values.get(OPEN_PORTS) as Set<SharedPort> | undefined;
  if (ports === undefined) {
    const fresh = new Set<SharedPort>();
    ports = fresh;
    values.set(OPEN_PORTS, fresh);
    atThreadExit(() => {
      for (const port of fresh) port.leave();
    });
  }
  return ports;
}

/**
 * One end of a `SharedChannel`, and an endpoint for comlink's `wrap` and `expose`. A fresh port travels to other threads like any shared object, at any
 * depth; the thread that first listens or posts has opened it, and no other can.
 *
 * Answers come when this thread's event loop turns, and so do the other side's requests: a thread that blocks in `queue.get()` serves nobody meanwhile.
 *
 * A port holds the event loop while a call is in flight, and while something is exposed on it. It closes when `close()` is called on either
 * side, when comlink releases the proxy (by `releaseProxy`, or because it was collected) and when either thread ends. Calls in flight then reject, with
 * `ThreadDiedError` if the other thread is dead; so does each call that is made later.
 */
export class SharedPort extends SharedObject {
  readonly #listeners = new Set<Listener>();
  readonly #calls = new Calls();
  readonly #routes = new Map<string, Route>();
  readonly #closed: PromiseWithResolvers<void> = withResolvers();
  /** As long as it is open. */
  #link: Link | undefined;
  /** The error of a call after the end, once that has come. */
  #ended: Ending | undefined;
  /** comlink calls `start()` once for what it exposes, and once before each request that it posts: the difference is what is exposed. */
  #exposed = 0;
  #holds = false;
  #background = false;
  /** What came before anybody listened. */
  #early: unknown[] = [];
  /** The id of a request to release that came and is being answered. */
  #releasing: string | undefined;
  #unserializable: { readonly id: string | undefined; readonly error: Error } | undefined;
  #branches = 0;

  /** Ports come from `new SharedChannel()`; this throws `TypeError`. */
  constructor(source?: never) {
    const from = source as Existing | Half | undefined;
    if (from instanceof Existing) {
      super(KIND.sharedPort, PORT_BYTES, from);
      return;
    }
    if (from?.channel === undefined)
      throw new TypeError('SharedPort: a port comes from new SharedChannel(), not from new');
    super(KIND.sharedPort, PORT_BYTES, undefined);
    i32[this.at + CHANNEL] = from.channel;
    i32[this.at + SIDE] = from.side;
  }

  /**
   * Resolves when the port has closed, whoever closed it and however the other thread ended; never rejects. What a thread that serves returns, so that it
   * lives as long: `expose(api, port); return port.closed;`. Waiting for it alone doesn't hold the event loop.
   */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Rejects the calls that are in flight when `thread` ends, and all that are made later, with `ThreadDiedError`. Needed for a thread that may die before it
   * opens its port (its module can't be loaded, it is terminated at once); once it has, its end is seen anyway. Returns the port. Never blocks.
   *
   * Throws `TypeError` for what is no `Thread`, and `ThreadStateError` for one that Heddle didn't start.
   */
  watch(thread: Thread): this {
    if (!(thread instanceof Thread)) {
      throw new TypeError(
        `SharedPort.watch: expected a Thread, got ${String(thread as unknown)} (${typeof thread})`,
      );
    }
    const record = addressOf(thread);
    if (hasFlag(record, THREAD_FLAG.main | THREAD_FLAG.dummy))
      throw new ThreadStateError(
        "SharedPort.watch: Heddle didn't start this thread, so its end can't be seen",
      );
    if (this.#ended === undefined) this.#open()!.watch(thread);
    return this;
  }

  /** For comlink: adds a listener for `'message'`, and opens the port. Throws `ThreadStateError` if it is open in another thread. */
  addEventListener(type: string, listener: Listener, _options?: object): void {
    if (type !== 'message') return;
    this.#open();
    this.#listeners.add(listener);
    if (this.#early.length > 0) queueMicrotask(() => this.#catchUp());
  }

  /** For comlink. */
  removeEventListener(type: string, listener: Listener, _options?: object): void {
    if (type === 'message') this.#listeners.delete(listener);
  }

  /** For comlink, which calls it when something has been exposed on the port, and before each request. */
  start(): void {
    this.#exposed += 1;
    this.#hold();
  }

  /**
   * Posts a message to the other port. Any structured-cloneable value and every shareable may stand in it, at any depth. The ArrayBuffers in `transfer` are
   * moved. Never blocks.
   *
   * Throws `NotShareableError` with the path to what can't travel, and `SharedMemoryExhaustedError`. Once the port is closed it does nothing, but that
   * a request of comlink's rejects.
   */
  postMessage(message: unknown, transfer?: readonly unknown[]): void {
    const request = isRequest(message) ? message : undefined;
    // Its start() was not for something exposed.
    if (request !== undefined) this.#exposed -= 1;
    else if (this.#forward(message as Message, transfer)) return;
    this.#open();
    if (this.#ended !== undefined) {
      if (request !== undefined) queueMicrotask(() => this.#refuse(request));
      this.#hold();
      return;
    }
    if (request !== undefined && !this.#calls.begin(request)) return;
    try {
      this.#post(message, transfer);
    } catch (error) {
      if (request !== undefined) this.#calls.forget(request);
      this.#hold();
      throw error;
    }
    this.#hold();
    if (this.#answersRelease(message)) this.close();
  }

  /** Closes both ports; the calls in flight, on either side, reject with `ThreadStateError`. Doing it twice does nothing. Never blocks. */
  close(): void {
    if (this.#ended !== undefined) return;
    this.#open()!.sayClosed();
    this.#end(call => new ThreadStateError(`${call}: this port is closed`));
  }

  /** The thread ends: the other side will see that it has. @internal */
  leave(): void {
    this.#end(call => new ThreadStateError(`${call}: the thread that made the call has ended`));
  }

  /** What is exposed here doesn't hold the event loop: a callback, which somebody else's call is about. @internal */
  inBackground(): this {
    this.#background = true;
    return this;
  }

  /** Opens it if it is fresh; `undefined` if it has closed. */
  #open(): Link | undefined {
    if (this.#link !== undefined || this.#ended !== undefined) return this.#link;
    this.#link = new Link(this.live(), {
      arrive: message => this.#arrive(message),
      end: ending => this.#end(ending),
    });
    openPorts().add(this);
    this.#link.greet();
    return this.#link;
  }

  #arrive(message: unknown): void {
    if (this.#listeners.size === 0) {
      this.#early.push(message);
      return;
    }
    if (isRequest(message)) {
      if (message.type === 'RELEASE') this.#releasing = message.id;
      if (message.type === 'ENDPOINT') this.#branch(message.id);
      else this.#request(message, [...this.#listeners], this);
      return;
    }
    const { id = '' } = (message ?? {}) as Message;
    const answered = this.#calls.answer(id);
    this.#dispatch(message);
    if (answered === 'release') this.close();
    else if (answered === 'call') this.#answered();
  }

  #catchUp(): void {
    const early = this.#early;
    this.#early = [];
    for (const message of early) if (this.#ended === undefined) this.#arrive(message);
  }

  #answered(): void {
    if (this.#calls.waiting) return;
    for (const request of this.#calls.due()) this.#post(request, undefined);
    this.#hold();
  }

  /** Hands a request to those who may answer it. What they throw, comlink has not caught: the caller hears of it instead of waiting for ever. */
  #request(message: Request, listeners: readonly Listener[], from: SharedPort): void {
    for (const listener of listeners) {
      try {
        tell(listener, { type: 'message', data: message, target: this });
      } catch (error) {
        from.postMessage(rejection(message.id, error));
      }
    }
  }

  #dispatch(data: unknown): void {
    for (const listener of [...this.#listeners]) {
      try {
        tell(listener, { type: 'message', data, target: this });
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Answers comlink's `createEndpoint` by another channel, whose requests go to the same listeners; they answer through this port, which sends it on. */
  #branch(id: string): void {
    const { port1, port2 } = new SharedChannel();
    const listeners = [...this.#listeners];
    port1.#background = true;
    port1.addEventListener('message', ({ data }: PortEvent) => {
      if (!isRequest(data)) return;
      if (data.type === 'RELEASE') {
        port1.postMessage({ id: data.id, type: 'RAW', value: undefined });
        port1.close();
        return;
      }
      const routed = `${++this.#branches}/${data.id}`;
      this.#routes.set(routed, { port: port1, id: data.id });
      this.#request({ ...data, id: routed }, listeners, this);
    });
    this.postMessage({ id, type: 'RAW', value: port2 });
    port2.dispose();
  }

  #forward(message: Message, transfer: readonly unknown[] | undefined): boolean {
    const route = this.#routes.size === 0 ? undefined : this.#routes.get(message?.id ?? '');
    if (route === undefined) return false;
    // Only now that it has gone: if it can't go, another answer comes.
    route.port.postMessage({ ...message, id: route.id }, transfer);
    this.#routes.delete(message.id!);
    return true;
  }

  #post(message: unknown, transfer: readonly unknown[] | undefined): void {
    const settlers: Array<(accepted: boolean) => void> = [];
    let accepted = false;
    try {
      const payload = this.#explain(forSharedMemory(message, settlers) as Message);
      this.#link!.post(
        payload,
        transfer?.filter(each => each instanceof ArrayBuffer),
      );
      accepted = true;
    } catch (error) {
      if (!(error instanceof NotShareableError)) throw error;
      const explained = new NotShareableError(inCallersWords(error.message, message));
      this.#unserializable = { id: (message as Message).id, error: explained };
      throw explained;
    } finally {
      for (const settle of settlers) settle(accepted);
    }
  }

  /** comlink answers "Unserializable return value" for a result that couldn't be posted: this adds what it was. */
  #explain(message: Message): Message {
    const known = this.#unserializable;
    if (known === undefined || known.id === undefined || known.id !== message.id) return message;
    this.#unserializable = undefined;
    const thrown = (message.value as { value?: unknown } | undefined)?.value;
    if (thrown instanceof Error && thrown.cause === undefined) thrown.cause = known.error;
    return message;
  }

  /** Whether it is the answer to a request to release: comlink has let go of what was exposed. */
  #answersRelease(message: unknown): boolean {
    if (this.#releasing === undefined || (message as Message | null)?.id !== this.#releasing) return false;
    this.#releasing = undefined;
    // Not once more at the end: comlink calls the finalizer after this.
    this.#exposed = 0;
    return true;
  }

  #refuse(request: Request): void {
    if (request.type === 'RELEASE') this.#dispatch({ id: request.id, type: 'RAW', value: undefined });
    else this.#dispatch(rejection(request.id, this.#ended!(describeRequest(request))));
  }

  #end(ended: (call: string) => Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    const link = this.#link;
    this.#link = undefined;
    link?.stop();
    (threadValues().get(OPEN_PORTS) as Set<SharedPort> | undefined)?.delete(this);
    const open = this.#calls.end();
    this.#early = [];
    for (const request of open) this.#refuse(request);
    // As if it had been released: comlink takes its listener away and calls the finalizer.
    if (this.#exposed > 0) this.#dispatch({ id: 'end', type: 'RELEASE' });
    this.#exposed = 0;
    this.#hold();
    this.#closed.resolve();
    link?.leave();
    super.dispose();
  }

  /** Closes the port if it is open here, and gives up this thread's reference to it. Doing it twice does nothing. Never blocks. */
  override dispose(): void {
    if (this.#link === undefined) super.dispose();
    else this.close();
  }

  #hold(): void {
    const needed = this.#calls.waiting || (this.#exposed > 0 && !this.#background);
    if (needed === this.#holds) return;
    this.#holds = needed;
    if (needed) holdLoop();
    else releaseLoop();
  }
}

/**
 * Two ports that belong together, as a `MessageChannel`'s do, over shared memory: keep one, and pass the other to the thread that shall have it.
 *
 * @example
 * ```ts
 * const { port1, port2 } = new SharedChannel();
 * const thread = new Thread(serve, { args: [port2] }).start(); // it calls expose(api, port2) and returns port2.closed
 * const api = wrap<Api>(port1.watch(thread));
 * await api.add(2, 3); // => 5
 * port1.close(); // lets the thread return
 * ```
 */
export class SharedChannel {
  readonly port1: SharedPort;
  readonly port2: SharedPort;

  /** Throws `SharedMemoryExhaustedError`. Never blocks. */
  constructor() {
    const channel = createChannel();
    this.port1 = new SharedPort({ channel, side: 0 } as never);
    this.port2 = new SharedPort({ channel, side: 1 } as never);
  }
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject } as PromiseWithResolvers<void>;
}

registerKind(KIND.sharedPort, {
  revive: pointer => new SharedPort(new Existing(pointer) as never),
  destroy: destroyPort,
  lines: [],
});
