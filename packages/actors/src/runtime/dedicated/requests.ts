/**
 * Questions and sends of a dedicated actor, on its own thread. The cell that stands for it asks in its place and puts the verdict into one of two queues: that of who blocks, or that of promises.
 * Two, since a thread that blocks can't hand on what its own event loop is waiting for in the same line.
 *
 * Each request has a number, and a verdict for another one than the one that is waited for has come too late: it is passed over. What the actor itself would have heard then is a dead letter where
 * the question was asked.
 */
import { QueueEmptyError, TimeoutError } from '@heddle/core';
import type { AsyncWaitOptions, Event, WaitOptions } from '@heddle/core';
import { ActorDiedError, MailboxFullError } from '../../errors.ts';
import { ASK_TIMEOUT_MS, checkTimeout } from '../ask.ts';
import { inWords } from '../wire.ts';
import { Claims, take } from '../node/claims.ts';
import type { Claim } from '../node/claims.ts';
import type { Outward, Verdict, VerdictQueues } from './packet.ts';

/** How a dedicated actor waits for others. */
export interface BlockingOptions extends WaitOptions {
  /** Also gives up, with an `AbortError`, as soon as the actor is asked to stop. Default: false, since it may have messages to handle until then. */
  readonly untilStop?: boolean;
}

/** How often who waits `untilStop` looks. */
const LOOK_MS = 20;

/** What is waited for, in words for errors. */
interface Wanted {
  readonly doing: 'ask' | 'send';
  readonly path: string;
  /** What has come doesn't come by itself. */
  readonly lacking: string;
}

const wanted = (doing: 'ask' | 'send', path: string): Wanted => ({
  doing,
  path,
  lacking: doing === 'ask' ? 'no answer' : 'no room',
});

interface Pending extends Wanted {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Requests {
  readonly #queues: VerdictQueues;
  readonly #stopEvent: Event;
  readonly #send: (packet: Outward) => void;
  readonly #unpack: (value: unknown) => unknown;
  readonly #claims = new Claims();
  readonly #pending = new Map<number, Pending>();
  /** Ends the wait for a verdict when nobody waits for one any more. */
  #idle: AbortController | undefined;
  #count = 0;
  #listens = false;

  constructor(
    queues: VerdictQueues,
    stopEvent: Event,
    send: (packet: Outward) => void,
    unpack: (value: unknown) => unknown,
  ) {
    this.#queues = queues;
    this.#stopEvent = stopEvent;
    this.#send = send;
    this.#unpack = unpack;
  }

  /** Asks, and blocks until the answer comes. */
  askBlocking(ref: number, path: string, packed: unknown, found: boolean, options: BlockingOptions): unknown {
    checkTimeout(options.timeout, `ask ${path}`);
    const request = (this.#count += 1);
    this.#order(['ask', ref, packed, found, request, true]);
    return this.#block(wanted('ask', path), request, undefined, {
      ...options,
      timeout: options.timeout ?? ASK_TIMEOUT_MS,
    });
  }

  /** Sends, and blocks until the mailbox has taken the message. */
  sendBlocking(ref: number, path: string, packed: unknown, found: boolean, options: BlockingOptions): void {
    checkTimeout(options.timeout, `send ${path}`);
    const request = (this.#count += 1);
    const claim = this.#claims.open();
    try {
      this.#order(['send', ref, packed, found, request, true, claim]);
      this.#block(wanted('send', path), request, claim, options);
    } finally {
      this.#claims.close(claim);
    }
  }

  /** Throws core's `NotShareableError` for what can't travel. */
  #order(packet: Outward): void {
    try {
      this.#send(packet);
    } catch (error) {
      throw inWords(error, 2, 'message');
    }
  }

  #block(what: Wanted, request: number, claim: Claim | undefined, options: BlockingOptions): unknown {
    const { timeout = Infinity, untilStop = false } = options;
    const deadline = performance.now() + timeout;
    let decided = false;
    for (;;) {
      const left = decided ? Infinity : Math.max(0, deadline - performance.now());
      let verdict: Verdict | undefined;
      try {
        verdict = this.#queues[0].get({ timeout: untilStop && !decided ? Math.min(left, LOOK_MS) : left });
      } catch (error) {
        if (!(error instanceof QueueEmptyError)) throw error;
      }
      if (verdict !== undefined) {
        if (verdict[1] === request) return this.#open(what, verdict);
        continue;
      }
      const stops = untilStop && this.#stopEvent.isSet;
      if (!stops && performance.now() < deadline) continue;
      // Delivered already: the verdict is on its way.
      decided = claim !== undefined && !take(claim);
      if (decided) continue;
      this.#send(['giveUp', request]);
      throw stops ? stopped(what) : late(what, timeout);
    }
  }

  /** What `ask` and `send` of refs do: the event loop has to turn until they are settled. */
  async request(
    doing: 'ask' | 'send',
    ref: number,
    path: string,
    packed: unknown,
    found: boolean,
    options: AsyncWaitOptions | undefined,
  ): Promise<unknown> {
    checkTimeout(options?.timeout, `${doing} ${path}`);
    const signal = options?.signal;
    signal?.throwIfAborted();
    const what = wanted(doing, path);
    const timeout = options?.timeout ?? (doing === 'ask' ? ASK_TIMEOUT_MS : Infinity);
    const request = (this.#count += 1);
    const claim =
      doing === 'ask' || (timeout === Infinity && signal === undefined) ? undefined : this.#claims.open();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort: (() => void) | undefined;
    try {
      this.#order(
        doing === 'ask'
          ? ['ask', ref, packed, found, request, false]
          : ['send', ref, packed, found, request, false, claim],
      );
      return await new Promise((resolve, reject) => {
        this.#pending.set(request, { ...what, resolve, reject });
        const giveUp = (error: unknown): void => {
          if (claim !== undefined && !take(claim)) return;
          this.#send(['giveUp', request]);
          reject(error as Error);
        };
        if (timeout < 2 ** 31) timer = setTimeout(() => giveUp(late(what, timeout)), timeout);
        onAbort = () => giveUp(signal!.reason);
        signal?.addEventListener('abort', onAbort, { once: true });
        void this.#listen();
      });
    } finally {
      this.#forget(request);
      clearTimeout(timer);
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
      if (claim !== undefined) this.#claims.close(claim);
    }
  }

  /** Hands verdicts to promises as long as there are some; that holds the event loop. */
  async #listen(): Promise<void> {
    if (this.#listens) return;
    this.#listens = true;
    while (this.#pending.size > 0) {
      const idle = (this.#idle = new AbortController());
      let verdict: Verdict;
      try {
        verdict = await this.#queues[1].getAsync({ signal: idle.signal });
      } catch {
        continue; // The last has been given up; or there is another by now.
      }
      const pending = this.#pending.get(verdict[1]);
      if (pending === undefined) continue;
      try {
        pending.resolve(this.#open(pending, verdict));
      } catch (error) {
        pending.reject(error);
      }
      // Who was waiting has its say before the next.
      await Promise.resolve();
    }
    this.#listens = false;
  }

  #forget(request: number): void {
    this.#pending.delete(request);
    if (this.#pending.size === 0) this.#idle?.abort();
  }

  #open({ doing, path }: Wanted, verdict: Verdict): unknown {
    switch (verdict[0]) {
      case 'done':
        return verdict[3] ? this.#unpack(verdict[2]) : verdict[2];
      case 'died':
        throw new ActorDiedError(path, verdict[2], doing);
      case 'full':
        throw new MailboxFullError(verdict[2]);
      default:
        throw verdict[2];
    }
  }

  /** The actor has ended: nobody listens any more. */
  close(): void {
    this.#pending.clear();
    this.#idle?.abort();
  }
}

function late({ doing, path, lacking }: Wanted, timeout: number): TimeoutError {
  return new TimeoutError(`${doing} ${path}: ${lacking} within ${timeout} ms`);
}

function stopped({ doing, path, lacking }: Wanted): DOMException {
  return new DOMException(
    `${doing} ${path}: ${lacking} before this actor was asked to stop (untilStop)`,
    'AbortError',
  );
}
