/** Events in the order in which they will be done: a binary heap in which each event knows its place, so that any of them is found and taken out at once. */
import type { ScheduledEvent } from './scheduler.ts';

const NOWHERE = -1;

/** Frozen like a tuple of Python's `sched`; only its place in the heap, which nobody sees, changes. */
class Entered implements ScheduledEvent {
  readonly time: number;
  readonly priority: number;
  readonly sequence: number;
  readonly action: ScheduledEvent['action'];
  readonly args: readonly unknown[];
  #place = NOWHERE;

  constructor(
    time: number,
    priority: number,
    sequence: number,
    action: ScheduledEvent['action'],
    args: readonly unknown[],
  ) {
    this.time = time;
    this.priority = priority;
    this.sequence = sequence;
    this.action = action;
    this.args = args;
    Object.freeze(this);
  }

  static placeOf(event: ScheduledEvent): number {
    return typeof event === 'object' && event !== null && #place in event ? event.#place : NOWHERE;
  }

  static move(event: Entered, place: number): void {
    event.#place = place;
  }
}

export class EventHeap {
  /** No event comes before its parent. */
  readonly #events: Entered[] = [];
  #sequence = 0;

  get first(): ScheduledEvent | undefined {
    return this.#events[0];
  }

  get size(): number {
    return this.#events.length;
  }

  /** All, in their order. */
  sorted(): ScheduledEvent[] {
    return this.#events.toSorted((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  add(
    time: number,
    priority: number,
    action: ScheduledEvent['action'],
    args: readonly unknown[],
  ): ScheduledEvent {
    const event = new Entered(time, priority, this.#sequence++, action, args);
    this.#rise(event, this.#events.length);
    return event;
  }

  /** Takes an event out; returns false if it isn't here. */
  remove(event: ScheduledEvent): boolean {
    const events = this.#events;
    const place = Entered.placeOf(event);
    if (place === NOWHERE || events[place] !== event) return false;
    Entered.move(events[place], NOWHERE);
    const last = events.pop()!;
    if (place === events.length) return true;
    if (place > 0 && isBefore(last, events[(place - 1) >> 1]!)) this.#rise(last, place);
    else this.#sink(last, place);
    return true;
  }

  #put(event: Entered, place: number): void {
    this.#events[place] = event;
    Entered.move(event, place);
  }

  /** Puts an event there, or as far above as it belongs. */
  #rise(event: Entered, place: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#events[parent]!;
      if (!isBefore(event, above)) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(event, place);
  }

  /** Puts an event there, or as far below as it belongs. */
  #sink(event: Entered, place: number): void {
    const events = this.#events;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child += 1;
      const below = events[child]!;
      if (!isBefore(below, event)) break;
      this.#put(below, place);
      place = child;
    }
    this.#put(event, place);
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  if (one.time !== other.time) return one.time < other.time;
  if (one.priority !== other.priority) return one.priority < other.priority;
  return one.sequence < other.sequence;
}
