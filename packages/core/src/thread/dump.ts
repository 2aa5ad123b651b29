/**
 * What all threads are doing, as text: for a person who looks at a program that hangs. Read from shared memory alone, so any thread can say it of all
 * others, whether or not they can still say anything. A snapshot of things that go on moving: what is about to change may be shown torn.
 */
import { i32, load } from '../atomics.ts';
import { agents, describeAgent } from '../memory/agent.ts';
import { findKind } from '../memory/kinds.ts';
import {
  AGENT,
  AGENT_STATE,
  NODE,
  NODE_STATE,
  OBJECT,
  REGISTRY,
  THREAD,
  THREAD_FLAG,
  THREAD_STATE,
} from '../memory/layout.ts';
import { referencesOf } from '../memory/ledger.ts';
import { peekName } from '../memory/name.ts';
import { ensureMapped, slab } from '../memory/slab.ts';
import { describeObject, recordText } from '../owners/describe.ts';
import { heldBy, ownerOfLock } from '../owners/held.ts';
import { callerPlace, indented, placeOf } from '../owners/place.ts';
import { sharesOf } from '../owners/shares.ts';
import { traceOf } from '../owners/traces.ts';
import { lineOf } from '../owners/watch.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { runtimeMilliseconds } from '../parking/deadline.ts';
import { report } from './host.ts';

/** Of each thread's references: some thousands. */
const MOST_BLOCKS_READ = 256;
/** More promises than a reader wants to see of one thread. */
const SHOWN_PROMISES = 10;

interface Seen {
  readonly name: string;
  readonly ident: number;
  readonly nativeId: number;
  readonly flags: number;
  readonly state: number;
  readonly agent: number;
}

/** The threads that are alive. Under the registry's guard, so that no record is freed meanwhile. */
function aliveThreads(): Seen[] {
  const seen: Seen[] = [];
  lockGuard(REGISTRY.guard);
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    seen.push({
      name: recordText(record),
      ident: i32[record + THREAD.ident]!,
      nativeId: i32[record + THREAD.nativeId]!,
      flags: load(record + THREAD.flags),
      state: load(record + OBJECT.state),
      agent: load(record + THREAD.agent),
    });
  }
  unlockGuard(REGISTRY.guard);
  return seen.sort((a, b) => a.ident - b.ident);
}

function describeThread(thread: Seen): string {
  const traits = [
    thread.ident === 0 ? '' : `ident ${thread.ident}`,
    thread.nativeId === 0 ? '' : `native id ${thread.nativeId}`,
    thread.state === THREAD_STATE.pending ? 'started, waits for a worker' : '',
    (thread.flags & THREAD_FLAG.daemon) === 0 ? '' : 'daemon',
    (thread.flags & THREAD_FLAG.terminate) === 0 ? '' : 'being terminated',
    thread.agent === selfAgent ? 'this thread' : '',
  ].filter(trait => trait !== '');
  return `Thread "${thread.name}" (${traits.join(', ')})${thread.agent === 0 ? '' : describeDoings(thread.agent)}`;
}

function describeDoings(agent: number): string {
  const shared = [...new Set(sharesOf(agent))].map(lock => `\n  shares ${describeObject(lock)}`);
  const held = heldBy(agent).map(
    lock => `\n  holds ${describeObject(lock)}${indented(traceOf(agent, lock), '      ')}`,
  );
  return `${describeWait(agent)}${held.join('')}${shared.join('')}${describePromises(agent)}`;
}

function describeWait(agent: number): string {
  if (agent === selfAgent) return `\n  runs${indented(callerPlace(), '      ')}`;
  const node = agent + AGENT.node;
  const object = load(node + NODE.primitive);
  if (object === 0 || !isWaiting(node)) return '\n  runs, or its event loop waits for something';
  const line = lineOf(agent, object);
  const owners = line?.ownersOf?.(object, node) ?? [];
  const since = i32[node + NODE.since]!;
  return (
    `\n  is blocked in ${line?.blocking ?? 'something'}: ${describeObject(object)}` +
    (owners.length === 0 ? '' : `, held by ${owners.map(describeAgent).join(', ')}`) +
    (since === 0 ? '' : `, for ${Math.max(0, (runtimeMilliseconds() - since) | 0)} ms`) +
    (load(node + NODE.endless) === 0 ? ', with a timeout' : '') +
    indented(placeOf(agent), '      ')
  );
}

function isWaiting(node: number): boolean {
  const state = load(node + NODE.state);
  return state === NODE_STATE.waiting || state === NODE_STATE.poked;
}

function describePromises(agent: number): string {
  const objects: number[] = [];
  for (let node = load(agent + AGENT.nodes); node > 0; node = i32[node + NODE.agentNext]!) {
    ensureMapped(node);
    const object = i32[node + NODE.primitive]!;
    if (object !== 0 && isWaiting(node)) objects.push(object);
    if (objects.length > SHOWN_PROMISES) break;
  }
  return objects
    .map((object, index) =>
      index === SHOWN_PROMISES
        ? '\n  … more promises'
        : `\n  a promise of it waits for ${describeObject(object)}${heldByWhom(object)}`,
    )
    .join('');
}

/**
 * Tasks of one thread that wait for each other are no certain deadlock: nobody knows which task a guard belongs to, and a task may release a guard while a promise of
 * its own waits. So nothing throws, and here it is to be seen.
 */
function heldByWhom(object: number): string {
  const owner = ownerOfLock(object);
  return owner === 0 ? '' : `, which ${describeAgent(owner)} holds`;
}

/** Locks that nobody's guard holds, and that aren't free. */
function describeUnguarded(threads: readonly Seen[]): string {
  const objects = new Set<number>();
  for (const agent of agents()) {
    if (load(agent + AGENT.state) !== AGENT_STATE.alive) continue;
    for (const object of referencesOf(agent, MOST_BLOCKS_READ)) objects.add(object);
  }
  const lines: string[] = [];
  for (const object of objects) {
    const kind = findKind(i32[object + OBJECT.kind]!);
    if (kind?.abandon === undefined) continue;
    const abandonedBy = peekName(i32[object + OBJECT.abandonedBy]!);
    if (abandonedBy !== '') lines.push(`${describeObject(object)} was abandoned by ${abandonedBy}`);
    const taker = kind.takenBy?.(object);
    if (taker === undefined) continue;
    const thread = threads.find(each => each.ident === taker);
    const who = thread === undefined ? `a thread that has ended (ident ${taker})` : `Thread "${thread.name}"`;
    lines.push(
      `${describeObject(object)} was acquired without a guard, by ${taker === 0 ? 'somebody' : who}`,
    );
  }
  return lines.map(line => `\n${line}`).join('');
}

/** Where a dump goes. */
export interface DumpOptions {
  /** Also writes it there, at once. */
  to?: 'stderr' | undefined;
}

/**
 * Returns what all threads of this runtime do now: names and ids, what each is blocked in, for how long and where (once it has slept for a tenth of a second;
 * 10 ms for a lock that a guard holds), which locks it holds, which promises of it wait; and which locks were acquired without a guard or abandoned
 * (snapshot). Where locks were taken is said while `traceLocks(true)`. Never blocks. Source: Python's `faulthandler.dump_traceback`.
 *
 * @example
 * ```ts
 * const lock = new Lock({ name: 'account' });
 * using held = lock.hold();
 * dump().includes('holds Lock "account"'); // => true
 * ```
 */
export function dump(options: DumpOptions = {}): string {
  if (options.to !== undefined && options.to !== 'stderr')
    throw new TypeError(
      `dump: to must be 'stderr' or nothing, got ${String(options.to)} (${typeof options.to})`,
    );
  slab();
  const threads = aliveThreads();
  // Before it has anything to do with threads, a thread has no record. The supervisor never has, and is nobody's business.
  const own =
    selfAgent === load(REGISTRY.supervisor) || threads.some(({ agent }) => agent === selfAgent)
      ? []
      : [`${describeAgent(selfAgent)} (this thread)${describeDoings(selfAgent)}`];
  const blocks = [...own, ...threads.map(describeThread)];
  const text = `Heddle, ${blocks.length} thread${blocks.length === 1 ? '' : 's'}:\n${blocks.join('\n')}${describeUnguarded(threads)}\n`;
  if (options.to === 'stderr') report(text);
  return text;
}
