/**
 * How a thread learns that something has come for one of its ports: a word for each direction, NEWS, and one look at all of them whenever the thread's wake
 * word is bumped. Nobody stands in a line, so an idle port costs nothing and holds no event loop.
 *
 * No message is overlooked. The poster puts, then sets NEWS; if it was 0, it wakes the reader. The reader clears NEWS, then takes all there is: what was put
 * before is taken, and who puts after finds 0 and wakes. Before the reader has opened its port there is nobody to wake: it writes its agent into READER and
 * then looks; the poster sets NEWS and then reads READER. A poster that dies in between is made good by the rescan, after which all look everywhere.
 *
 * To wake an event loop that sleeps costs both sides more than a call. So after it has posted, a loop keeps turning for a moment and looks for the answer
 * itself, as long as that pays. Meanwhile READER is 0, as if the port weren't open; who stops turning writes it, and then looks.
 *
 * What came is handed out in a microtask, never in the look itself: listeners are the user's code, and may wait for something, which looks again.
 */
import { hot, pause } from '../atomics.ts';
import { AGENT } from '../memory/layout.ts';
import { listen } from '../parking/async.ts';
import { self } from '../parking/guard.ts';
import { now } from '../parking/wait.ts';
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
    lastRescan = load(self + AGENT.rescan);
    listen(look);
  }
  readers.add(reader);
  store(reader.bell + READER, self);
  schedule(reader);
}

/** Reads it no more. */
export function closeInbox(reader: Reader): void {
  readers.delete(reader);
  due.delete(reader);
  if (watched === reader) watched = undefined;
}

/** Something has been put into the inbox. */
export function ring(bell: number): void {
  if (exchange(bell + NEWS, 1) !== 0) return;
  const agent = load(bell + READER);
  if (agent !== 0) wakeAgent(agent);
}

function look(): void {
  const rescan = load(self + AGENT.rescan);
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

const { setImmediate: nextTurn } = globalThis as { setImmediate?: (action: () => void) => unknown };
const SEVERAL_CORES =
  ((globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2) > 1;
/** So long the loop keeps turning for one answer. */
const WATCH_MS = 0.06;
/** Between two turns it looks this often: a turn of the loop costs a microsecond. */
const LOOKS = 40;
/** After a few times in vain it sleeps at once, but for one time in this many. */
const PROBE_EVERY = 32;

/** The inbox that this thread's loop is turning for. */
let watched: Reader | undefined;
let watchUntil = 0;
let vain = 0;
let times = 0;

/** Something was posted by the port that has this inbox, and an answer may come soon. */
export function expectSoon(reader: Reader): void {
  if (watched !== undefined || nextTurn === undefined || !SEVERAL_CORES) return;
  times = (times + 1) % PROBE_EVERY;
  if (vain > 2 && times !== 0) return;
  watched = reader;
  watchUntil = now() + WATCH_MS;
  store(reader.bell + READER, 0);
  nextTurn(watch);
}

function watch(): void {
  const reader = watched;
  if (reader === undefined) return;
  const news = reader.bell + NEWS;
  for (let look = LOOKS; look > 0 && load(news) === 0; look--) pause();
  if (load(news) === 0 && now() < watchUntil) {
    nextTurn!(watch);
    return;
  }
  watched = undefined;
  store(reader.bell + READER, self);
  if (load(news) === 0) vain += 1;
  else {
    vain = 0;
    schedule(reader);
  }
}
