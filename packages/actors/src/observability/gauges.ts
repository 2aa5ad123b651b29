/**
 * What a thread shows of its actors: a record for each in shared memory, where others read it however busy the thread is. Written by the thread alone, with plain stores,
 * at the beginning and the end of an actor's turn; read by anybody, as a snapshot in which neighbouring numbers may be a turn apart.
 *
 * Messages that come are counted one by one, and those that the current turn takes too (`begun`): when the thread dies, this says how many it has taken along.
 *
 * ```
 *  word  0  id, low and high half          6  restarts
 *        2  record of the parent + 1       7  time busy, µs, wraps around; only while somebody wants to know
 *        3  USED and other flags, state     8  name of the declaration, by number
 *        4  messages waiting, also stashed  9  length of the label, then 20 bytes of it
 *        5  messages handled, wraps             (below 0: that of the name with the number -1 - length)
 *                                          15  messages that wait for it in shared memory (below 0: they are in the tally with the record -1 - n)
 *  of record 0, which is the thread's:     4  record of the actor that runs now + 1    5  messages handled by the thread
 *                                          6  whether somebody wants times             7  time busy, µs
 *                                          8  when its turn began, µs of `performance.timeOrigin` and `now`, low and high half
 *                                         10  messages that the actor's turn has begun; `waiting` doesn't know of these yet
 *                                         11  messages told to other threads that haven't been put into their inboxes
 * ```
 *
 * A tally (`tally.ts`) is a record that is no actor's own: of what goes on between a dedicated actor's cell and its thread, written by both.
 *
 * Records lie in chunks, each as large as all before; handles of new chunks, and names, go to the readers through queues.
 */
import { SharedInt32Array } from '@heddle/core';
import type { SimpleQueue } from '@heddle/core';
import type { Cell } from '../runtime/cell.ts';
import { STATE } from '../runtime/cell/state.ts';
import type { Tally } from './tally.ts';

export const RECORD_WORDS = 16;
export const RECORD = {
  idLow: 0,
  idHigh: 1,
  parent: 2,
  flags: 3,
  depth: 4,
  handled: 5,
  restarts: 6,
  busy: 7,
  name: 8,
  labelLength: 9,
  label: 10,
  elsewhere: 15,
} as const;
export const THREAD = {
  current: 4,
  handled: 5,
  wantsTimes: 6,
  busy: 7,
  turnLow: 8,
  turnHigh: 9,
  begun: 10,
  unsent: 11,
} as const;
export const USED = 0x100;
/** It stands for an actor on another thread. */
export const AGENT = 0x200;
/** Its parent is on another thread. */
export const GUEST = 0x400;
/** It waits for a promise. */
export const WAITING = 0x800;
const LABEL_BYTES = 20;
/** So many names at most; what comes later is cut off. */
const MOST_NAMES = 10_000;
const FIRST_CHUNK = 256;
const TWO_32 = 2 ** 32;
/** Read once: the getter costs as much as the rest of a turn's beginning. */
const ORIGIN = performance.timeOrigin;

/** What readers are told. */
export type Announcement =
  | readonly ['chunk', slot: number, generation: number, first: number, chunk: SharedInt32Array]
  | readonly ['name', slot: number, generation: number, number: number, name: string]
  | readonly ['error', path: string, error: string];

export class Gauges {
  readonly #readers: readonly SimpleQueue<Announcement>[];
  readonly #slot: number;
  readonly #generation: number;
  /** Handles keep the memory; views are what is written. */
  readonly #chunks: SharedInt32Array[] = [];
  readonly #views: Int32Array[] = [];
  readonly #free: number[] = [];
  readonly #names = new Map<string, number>();
  #capacity = 0;
  #next = 0;
  readonly #thread: Int32Array;

  constructor(readers: readonly SimpleQueue<Announcement>[], slot: number, generation: number) {
    this.#readers = readers;
    this.#slot = slot;
    this.#generation = generation;
    this.#grow();
    this.#thread = this.#views[0]!;
    this.#next = 1;
  }

  #grow(): void {
    const records = this.#capacity === 0 ? FIRST_CHUNK : this.#capacity;
    const chunk = new SharedInt32Array(records * RECORD_WORDS);
    for (const reader of this.#readers)
      reader.put(['chunk', this.#slot, this.#generation, this.#capacity, chunk]);
    this.#chunks.push(chunk);
    this.#views.push(chunk.view);
    this.#capacity += records;
  }

  #view(record: number): Int32Array {
    return this.#views[chunkOf(record)]!;
  }

  #at(record: number): number {
    return placeOf(record);
  }

  #take(): number {
    const record = this.#free.pop() ?? this.#next++;
    if (record >= this.#capacity) this.#grow();
    return record;
  }

  /** Shows an actor; returns its record. */
  add(cell: Cell, guest: boolean): number {
    const record = this.#take();
    const view = this.#view(record);
    const at = this.#at(record);
    view[at + RECORD.idLow] = (cell.id % TWO_32) | 0;
    view[at + RECORD.idHigh] = Math.floor(cell.id / TWO_32);
    view[at + RECORD.parent] = guest || cell.parent === undefined ? 0 : cell.parent.gauge + 1;
    view[at + RECORD.depth] = waitingFor(cell);
    view[at + RECORD.handled] = 0;
    view[at + RECORD.restarts] = cell.restarts;
    view[at + RECORD.busy] = 0;
    view[at + RECORD.name] = this.#nameOf(cell.actor.name);
    this.#label(view, at, guest ? '' : (cell.label ?? ''));
    view[at + RECORD.elsewhere] = 0;
    view[at + RECORD.flags] =
      USED | (cell.agent === undefined ? 0 : AGENT) | (guest ? GUEST : 0) | cell.state;
    return record;
  }

  /** Shows an actor that isn't there yet, since something waits for it; returns its record. */
  expect(id: number): number {
    const record = this.#take();
    const view = this.#view(record);
    const at = this.#at(record);
    view.fill(0, at, at + RECORD_WORDS);
    view[at + RECORD.idLow] = (id % TWO_32) | 0;
    view[at + RECORD.idHigh] = Math.floor(id / TWO_32);
    view[at + RECORD.flags] = USED | GUEST | STATE.restarting;
    return record;
  }

  /** So many messages wait for an actor in shared memory. */
  waitElsewhere(record: number, count: number): void {
    this.#view(record)[this.#at(record) + RECORD.elsewhere] = count;
  }

  /** Begins a tally for an actor. */
  openTally(record: number): Tally {
    const tally = this.#take();
    const at = this.#at(tally);
    this.#view(tally).fill(0, at, at + RECORD_WORDS);
    this.waitElsewhere(record, -1 - tally);
    return { record: tally, words: this.#chunks[chunkOf(tally)]!, at };
  }

  /** It is over; the actor's record, if it has one still, no longer points to it. */
  closeTally({ record: tally }: Tally, record: number): void {
    if (record !== -1 && this.#view(record)[this.#at(record) + RECORD.elsewhere] === -1 - tally)
      this.waitElsewhere(record, 0);
    this.#free.push(tally);
  }

  #nameOf(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const number = this.#names.size;
    this.#names.set(name, number);
    for (const reader of this.#readers) reader.put(['name', this.#slot, this.#generation, number, name]);
    return number;
  }

  /** Characters beyond Latin-1 are shown as `?`: it is for people's eyes. */
  #label(view: Int32Array, at: number, label: string): void {
    if (label.length > LABEL_BYTES && this.#names.size < MOST_NAMES) {
      view[at + RECORD.labelLength] = -1 - this.#nameOf(label);
      return;
    }
    const length = Math.min(label.length, LABEL_BYTES);
    view[at + RECORD.labelLength] = length;
    for (let n = 0; n < length; n += 4) {
      let word = 0;
      for (let byte = 3; byte >= 0; byte--) {
        const code = n + byte < length ? label.charCodeAt(n + byte) : 0;
        word = (word << 8) | (code > 255 ? 63 : code);
      }
      view[at + RECORD.label + (n >> 2)] = word;
    }
  }

  remove(record: number): void {
    this.#view(record)[this.#at(record) + RECORD.flags] = 0;
    this.#free.push(record);
  }

  /** An actor's turn begins. */
  enter(record: number): void {
    this.#thread[THREAD.begun] = 0;
    this.#thread[THREAD.current] = record + 1;
  }

  /** It begins one message more. */
  begins(): void {
    this.#thread[THREAD.begun]! += 1;
  }

  /** A message more waits for an actor. */
  waits(record: number): void {
    this.#view(record)[this.#at(record) + RECORD.depth]! += 1;
  }

  /** None waits for an actor any more. */
  empty(record: number): void {
    this.#view(record)[this.#at(record) + RECORD.depth] = 0;
    if (this.#thread[THREAD.current] === record + 1) this.#thread[THREAD.begun] = 0;
  }

  /** So many messages for other threads haven't left this one. */
  unsent(count: number): void {
    this.#thread[THREAD.unsent] = count;
  }

  /** It is over. */
  leave(cell: Cell): void {
    this.#thread[THREAD.current] = 0;
    if (cell.gauge !== -1) this.show(cell);
  }

  /** Writes down how an actor is. */
  show(cell: Cell): void {
    const view = this.#view(cell.gauge);
    const at = this.#at(cell.gauge);
    view[at + RECORD.depth] = waitingFor(cell);
    view[at + RECORD.handled] = cell.handled;
    view[at + RECORD.restarts] = cell.restarts;
    // A dead one that is still shown is between two lives.
    const state = cell.alive ? cell.state : STATE.restarting;
    view[at + RECORD.flags] =
      (view[at + RECORD.flags]! & ~(0xff | WAITING)) | (cell.busy ? WAITING : 0) | state;
  }

  /** Whether somebody wants to know how busy actors are. */
  get wantsTimes(): boolean {
    return this.#thread[THREAD.wantsTimes] !== 0;
  }

  addTime(record: number, ms: number): void {
    const micros = Math.round(ms * 1000);
    this.#view(record)[this.#at(record) + RECORD.busy]! += micros;
  }

  /** The thread's turn begins. */
  beginTurn(now: number): void {
    const micros = (ORIGIN + now) * 1000;
    this.#thread[THREAD.turnLow] = micros | 0;
    this.#thread[THREAD.turnHigh] = Math.floor(micros / TWO_32);
  }

  endTurn(ms: number, processed: number): void {
    this.#thread[THREAD.turnHigh] = 0;
    this.#thread[THREAD.busy]! += Math.round(ms * 1000);
    this.#thread[THREAD.handled] = processed;
  }
}

/** In which chunk a record is. */
export function chunkOf(record: number): number {
  // Chunk n > 0 begins at FIRST_CHUNK × 2 ** (n - 1).
  return record < FIRST_CHUNK ? 0 : 24 - Math.clz32(record);
}

/** At which word of its chunk a record begins. */
export function placeOf(record: number): number {
  return (record < FIRST_CHUNK ? record : record - (1 << (31 - Math.clz32(record)))) * RECORD_WORDS;
}

function waitingFor(cell: Cell): number {
  return cell.mailbox.size + (cell.knownBonds?.stashed ?? 0);
}

/** How `flags` names a state. */
export const STATE_NAMES: readonly string[] = Object.keys(STATE);
