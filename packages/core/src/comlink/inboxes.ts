/**
 * How a thread learns that something has come for one of its ports: a word for each direction, NEWS, and one look at all of them whenever the thread's wake
 * word is bumped. Nobody stands in a line, so an idle port costs nothing and holds no event loop.
 *
 * No message is overlooked. The poster puts, then sets NEWS; if it was 0, it wakes the reader. The reader clears NEWS, then takes all there is: what was put
 * before is taken, and who puts after finds 0 and wakes. Before the reader has opened its port there is nobody to wake: it writes its agent into READER and
 * then looks; the poster sets NEWS and then reads READER. A poster that dies in between is made good by the rescan, after which all look everywhere.
 *
 * Waking an event loop that sleeps is most of what a lone call costs. Turning for 60 µs after each post and looking for the answer, as executors do, was tried:
 * no faster on two cores with other work to do (45–67 µs a call without, 54–99 µs with); nor was watching as long as that paid lately, up to 100 µs, and telling
 * posters meanwhile not to wake (107–248 µs without, 122–204 µs with, on cores with more to do).
 *
 * What came is handed out in a microtask, never in the look itself: listeners are the user's code, and may wait for something, which looks again.
 */
import { hot } from '../atomics.ts';
import { AGENT } from '../memory/layout.ts';
import { listen } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { wakeAgent } from '../parking/wake.ts';

const { exchange, load, store } = hot;

/** An inbox that is read in this thread. */
export interface Reader {
  /** Pointer to its NEWS word; READER is the next. */
  readonly bell: number;
  /** Takes what has come; returns whether there is more. */
  read(): boolean;
}

const NEWS = 0;
const READER = 1;

const readers = new Set<Reader>();
const due = new Set<Reader>();
let listening = false;
let lastRescan = 0;

/** Reads an inbox in this thread from now on. */
export function openInbox(reader: Reader): void {
  if (!listening) {
    listening = true;
    lastRescan = load(selfAgent + AGENT.rescan);
    listen(look);
  }
  readers.add(reader);
  store(reader.bell + READER, selfAgent);
  schedule(reader);
}

/** Reads it no more. */
export function closeInbox(reader: Reader): void {
  readers.delete(reader);
  due.delete(reader);
}

/** Something has been put into the inbox. */
export function ring(bell: number): void {
  if (exchange(bell + NEWS, 1) !== 0) return;
  const agent = load(bell + READER);
  if (agent !== 0) wakeAgent(agent);
}

function look(): void {
  const rescan = load(selfAgent + AGENT.rescan);
  const everywhere = rescan !== lastRescan;
  lastRescan = rescan;
  for (const reader of readers) if (everywhere || load(reader.bell + NEWS) !== 0) schedule(reader);
}

function schedule(reader: Reader): void {
  if (due.size === 0) queueMicrotask(deliver);
  due.add(reader);
}

function deliver(): void {
  const these = [...due];
  due.clear();
  for (const reader of these) {
    if (!readers.has(reader)) continue;
    store(reader.bell + NEWS, 0);
    // The rest when the event loop has gone round.
    if (reader.read()) ring(reader.bell);
  }
}
