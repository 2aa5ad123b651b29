/** comlink's requests that were made by a port and haven't been answered: each is settled by an answer, or by the end of the port. */
import type { Request } from './wire.ts';

export class Calls {
  /** Requests that haven't been answered, by their id. */
  readonly #open = new Map<string, Request>();
  /** Requests to release that were posted. Nobody waits for the answers, so they don't hold the event loop. */
  readonly #releases = new Map<string, Request>();
  /** Requests to release that wait until the calls before them are answered: perhaps nobody holds the proxy any more but who awaits an answer. */
  #deferred: Request[] = [];

  /** Whether somebody waits for an answer. */
  get waiting(): boolean {
    return this.#open.size > 0;
  }

  /** Notes a request that is about to be posted; returns false if it isn't to be posted before the calls in flight are answered. */
  begin(request: Request): boolean {
    if (request.type !== 'RELEASE') this.#open.set(request.id, request);
    else if (this.waiting) {
      this.#deferred.push(request);
      return false;
    } else this.#releases.set(request.id, request);
    return true;
  }

  /** Forgets a request that couldn't be posted. */
  forget({ id }: Request): void {
    if (!this.#open.delete(id)) this.#releases.delete(id);
  }

  /** An answer has come: says to what. */
  answer(id: string): 'call' | 'release' | undefined {
    if (this.#open.delete(id)) return 'call';
    return this.#releases.delete(id) ? 'release' : undefined;
  }

  /** The requests to release whose time has come, which are to be posted now. */
  due(): readonly Request[] {
    if (this.waiting) return [];
    const due = this.#deferred;
    this.#deferred = [];
    for (const request of due) this.#releases.set(request.id, request);
    return due;
  }

  /** Forgets all, and returns what was open. */
  end(): readonly Request[] {
    const open = [...this.#open.values(), ...this.#releases.values(), ...this.#deferred];
    this.#open.clear();
    this.#releases.clear();
    this.#deferred = [];
    return open;
  }
}
