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
 * State word (OBJECT.state): 0 fresh, 1 opened. Set once, by compare-exchange: the inbox has one reader.
 * CHANNEL: the block that both ports share, counted as a reference; in it the two queues, each counted too, and for each the words of its reader
 * (`inboxes.ts`). SIDE: 0 or 1, the number of the inbox. Written once, before anybody else can see the port.
 *
 * What stands in a queue is `[code, payload]`. HELLO comes first and tells the thread; from then on the other side waits for that thread's end, as a joiner in
 * line, so it hears of any death that a joiner hears of.
 *
 * No call waits for the dead, and no answer is lost to a death:
 *  1. What the dead had posted is in our inbox before its record says that it has finished.
 *  2. Whoever hears of the end puts GONE into the inbox: behind all that.
 *  3. GONE, when it is read, rejects the calls that are still open. One that is made later finds the port closed.
 * A thread that dies before it has opened its port leaves no HELLO. Then its reference to the port is returned, and if it was the last, the other side is told
 * by ABANDONED, a word of the channel for each port; but it may be long before the thread that made the port lets go of its own. So there is `watch`.
 */
import { hot, i32 } from '../atomics.ts';
import { shareableAddress } from '../codec/shareable.ts';
import { NotShareableError, ThreadDiedError, ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { allocateZeroed } from '../memory/allocator.ts';
import { LINE_WORDS, OBJECT, THREAD_FLAG } from '../memory/layout.ts';
import { Existing, SharedObject, release, retain, revive } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { inBackground, waitInLine } from '../parking/async.ts';
import { holdLoop, releaseLoop } from '../parking/keep-alive.ts';
import { SimpleQueue } from '../queue/simple-queue.ts';
import { hasFlag, joinLine } from '../thread/registry.ts';
import { atThreadExit, threadValues } from '../thread/scope.ts';
import { currentThread } from '../thread/current-thread.ts';
import { Thread } from '../thread/thread.ts';
import { closeInbox, openInbox, ring } from './inboxes.ts';
import type { Reader } from './inboxes.ts';
import { describeRequest, forSharedMemory, inCallersWords, isRequest, rejection } from './wire.ts';
import type { Message, Request } from './wire.ts';

const { compareExchange, load, store } = hot;

/** Of a port. */
const CHANNEL: number = OBJECT.own;
const SIDE: number = OBJECT.own + 1;
/** Of a channel: two queues; then, on a cache line for each, what their readers and posters write. */
const QUEUES: number = OBJECT.own;
const ABANDONED: number = OBJECT.own + 2;
const BELLS: readonly [number, number] = [LINE_WORDS, 2 * LINE_WORDS];
const PORT_BYTES = 64;
const CHANNEL_BYTES: number = 3 * LINE_WORDS * 4;

const FRESH = 0;
const OPENED = 1;

/** The thread that opened the other port. */
const HELLO = 0;
const MESSAGE = 1;
/** The other side has closed. */
const CLOSED = 2;
/** The other side's thread has ended; put here by ourselves. */
const GONE = 3;
type Item = readonly [code: number, payload?: unknown];

/** So many messages are taken in one turn of the event loop. */
const BATCH = 256;

type Listener = ((event: never) => void) | { handleEvent(event: never): void };

/** For whoever listens: like a `MessageEvent`, as far as comlink looks. */
interface PortEvent {
  readonly type: 'message';
  readonly data: unknown;
  readonly target: SharedPort;
}

/** A request that came by another port, and goes to listeners that answer through this one. */
interface Route {
  readonly port: SharedPort;
  readonly id: string;
}

/** What an open port works with. */
interface Ends {
  readonly inbox: SimpleQueue<Item>;
  readonly outbox: SimpleQueue<Item>;
  readonly reader: Reader;
  /** The bell of the other side's inbox. */
  readonly bell: number;
  /** The word that says that the other port is no more. */
  readonly abandoned: number;
}

/** A new port of this channel, whose reference it takes over. */
interface Half {
  readonly channel: number;
  readonly side: 0 | 1;
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
  /** Requests that haven't been answered, by their id. */
  readonly #calls = new Map<string, Request>();
  readonly #routes = new Map<string, Route>();
  readonly #stop = new AbortController();
  readonly #closed: PromiseWithResolvers<void> = withResolvers();
  #ends: Ends | undefined;
  /** The error of a call after the end, once that has come. */
  #ended: ((call: string) => Error) | undefined;
  /** comlink calls `start()` once for what it exposes, and once before each request that it posts: the difference is what is exposed. */
  #exposed = 0;
  #holds = false;
  #background = false;
  #watched = new Set<number>();
  /** Requests to release that wait until the calls before them are answered: perhaps nobody holds the proxy any more but who awaits an answer. */
  #deferred: Request[] = [];
  /** Requests to release that were posted. Nobody waits for the answers, so they don't hold the event loop. */
  readonly #releases = new Map<string, Request>();
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
    this.#watch(thread);
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
    if (request?.type === 'RELEASE' && this.#calls.size > 0) {
      this.#deferred.push(request);
      return;
    }
    const open = request?.type === 'RELEASE' ? this.#releases : this.#calls;
    if (request !== undefined) open.set(request.id, request);
    try {
      this.#post(message, transfer);
    } catch (error) {
      if (request !== undefined) open.delete(request.id);
      this.#hold();
      throw error;
    }
    this.#hold();
    if (this.#answersRelease(message)) this.close();
  }

  /** Closes both ports; the calls in flight, on either side, reject with `ThreadStateError`. Doing it twice does nothing. Never blocks. */
  close(): void {
    if (this.#ended !== undefined) return;
    this.#open();
    this.#send([CLOSED]);
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

  #open(): void {
    if (this.#ends !== undefined || this.#ended !== undefined) return;
    const at = this.live();
    if (compareExchange(at, FRESH, OPENED) !== FRESH)
      throw new ThreadStateError(
        'SharedPort: it is open in another thread already; each port is for one thread',
      );
    const channel = i32[at + CHANNEL]!;
    const side = i32[at + SIDE]! as 0 | 1;
    const other = side === 0 ? 1 : 0;
    ensureMapped(channel + CHANNEL_BYTES / 4);
    const reader: Reader = { bell: channel + BELLS[side], read: () => this.#read() };
    this.#ends = {
      inbox: queueAt(channel + QUEUES + side),
      outbox: queueAt(channel + QUEUES + other),
      reader,
      bell: channel + BELLS[other],
      abandoned: channel + ABANDONED + other,
    };
    openPorts().add(this);
    this.#send([HELLO, currentThread()]);
    openInbox(reader);
  }

  #send(item: Item, buffers: readonly ArrayBuffer[] = []): void {
    const { outbox, bell } = this.#ends!;
    if (buffers.length === 0) outbox.put(item);
    else outbox.put(item, { transfer: buffers });
    ring(bell);
  }

  #read(): boolean {
    // Looked at first: it is set after all that was put, so then the inbox has all there will ever be.
    const abandoned = this.#ends !== undefined && load(this.#ends.abandoned) !== 0;
    for (let count = 0; count < BATCH; count++) {
      if (this.#ends === undefined) return false;
      try {
        const taken = this.#ends.inbox.tryGet();
        if (taken === undefined) {
          // If its thread is known, that thread's end will say more.
          if (abandoned && this.#watched.size === 0) this.#end(abandonment);
          return false;
        }
        this.#take(...taken.value);
      } catch (error) {
        // It can't be decoded here, or there is no shared memory left to answer with. Listeners' own errors don't come here.
        this.#end(call => new ThreadStateError(`${call}: what came can't be dealt with`, { cause: error }));
        return false;
      }
    }
    return true;
  }

  #take(code: number, payload?: unknown): void {
    if (code === MESSAGE) this.#arrive(payload);
    else if (code === HELLO) {
      // Our own thread, if it has both ports, and the main thread end with us.
      const record = addressOf(payload as Thread);
      if (!hasFlag(record, THREAD_FLAG.main) && payload !== currentThread()) this.#watch(payload as Thread);
    } else if (code === CLOSED)
      this.#end(call => new ThreadStateError(`${call}: the other side has closed the port`));
    else this.#end(call => deathOf(payload as Thread, call));
  }

  #watch(thread: Thread): void {
    const record = addressOf(thread);
    if (this.#ended !== undefined || this.#watched.has(record)) return;
    this.#watched.add(record);
    this.#open();
    const { inbox, reader } = this.#ends!;
    const { signal } = this.#stop;
    inBackground(() => waitInLine(thread, record, joinLine, Infinity, signal)).then(
      () => {
        if (this.#ended !== undefined) return;
        inbox.put([GONE, thread]);
        ring(reader.bell);
      },
      () => {},
    );
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
    const wasCall = this.#calls.delete(id);
    const wasRelease = this.#releases.delete(id);
    this.#dispatch(message);
    if (wasRelease) this.close();
    else if (wasCall) this.#answered();
  }

  #catchUp(): void {
    const early = this.#early;
    this.#early = [];
    for (const message of early) if (this.#ended === undefined) this.#arrive(message);
  }

  #answered(): void {
    if (this.#calls.size > 0) return;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const request of deferred) {
      this.#releases.set(request.id, request);
      this.#post(request, undefined);
    }
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
      this.#send(
        [MESSAGE, payload],
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
    const ends = this.#ends;
    this.#ends = undefined;
    this.#stop.abort();
    (threadValues().get(OPEN_PORTS) as Set<SharedPort> | undefined)?.delete(this);
    const open = [...this.#calls.values(), ...this.#releases.values(), ...this.#deferred];
    this.#calls.clear();
    this.#releases.clear();
    this.#deferred = [];
    this.#early = [];
    for (const request of open) this.#refuse(request);
    // As if it had been released: comlink takes its listener away and calls the finalizer.
    if (this.#exposed > 0) this.#dispatch({ id: 'end', type: 'RELEASE' });
    this.#exposed = 0;
    this.#hold();
    this.#closed.resolve();
    if (ends !== undefined) {
      closeInbox(ends.reader);
      leaveQueue(ends.inbox);
      leaveQueue(ends.outbox);
    }
    super.dispose();
  }

  /** Closes the port if it is open here, and gives up this thread's reference to it. Doing it twice does nothing. Never blocks. */
  override dispose(): void {
    if (this.#ends === undefined) super.dispose();
    else this.close();
  }

  #hold(): void {
    const needed = this.#calls.size > 0 || (this.#exposed > 0 && !this.#background);
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

/** Returns a channel with a reference for each of its two ports. */
function createChannel(): number {
  const queues = [new SimpleQueue<Item>(), new SimpleQueue<Item>()];
  const channel = allocateZeroed(CHANNEL_BYTES);
  i32[channel + OBJECT.kind] = KIND.sharedChannel;
  i32[channel + OBJECT.references] = 2;
  queues.forEach((queue, side) => {
    i32[channel + QUEUES + side] = counted(queue);
    queue.dispose();
  });
  return channel;
}

function addressOf(object: object): number {
  return (object as Record<typeof shareableAddress, () => number>)[shareableAddress]();
}

/** The pointer of an object, with a reference added. */
function counted(object: object): number {
  const pointer = addressOf(object);
  retain(pointer);
  return pointer;
}

/** How many ports of this thread use a queue: both of a channel's may be open here, and the handle is one. */
const users = new WeakMap<SimpleQueue<Item>, number>();

function queueAt(word: number): SimpleQueue<Item> {
  const pointer = load(word);
  retain(pointer);
  const queue = revive(pointer) as SimpleQueue<Item>;
  users.set(queue, (users.get(queue) ?? 0) + 1);
  return queue;
}

function leaveQueue(queue: SimpleQueue<Item>): void {
  const others = users.get(queue)! - 1;
  users.set(queue, others);
  if (others === 0) queue.dispose();
}

function tell(listener: Listener, event: PortEvent): void {
  if (typeof listener === 'function') (listener as (event: PortEvent) => void)(event);
  else (listener.handleEvent as (event: PortEvent) => void)(event);
}

function abandonment(call: string): ThreadDiedError {
  return new ThreadDiedError(`${call}: nobody has the other port any more, so no answer comes`);
}

function deathOf(thread: Thread, call: string): ThreadDiedError {
  const text = `${call}: Thread "${thread.name}" has ended, so no answer comes`;
  try {
    thread.result({ timeout: 0 });
  } catch (error) {
    // A worker that Heddle didn't start leaves no result.
    if (!(error instanceof ThreadStateError)) return new ThreadDiedError(text, { cause: error });
  }
  return new ThreadDiedError(
    `${text}; let its function return port.closed, so that it lives while it serves`,
  );
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
  destroy(port) {
    const channel = i32[port + CHANNEL]!;
    const side = i32[port + SIDE]! as 0 | 1;
    ensureMapped(channel + CHANNEL_BYTES / 4);
    store(channel + ABANDONED + side, 1);
    ring(channel + BELLS[side === 0 ? 1 : 0]);
    release(channel);
  },
  lines: [],
});

registerKind(KIND.sharedChannel, {
  revive() {
    throw new Error('heddle: a channel never travels, its ports do');
  },
  destroy(channel) {
    release(i32[channel + QUEUES]!);
    release(i32[channel + QUEUES + 1]!);
  },
  lines: [],
});
