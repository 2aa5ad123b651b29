/**
 * Who is running: the thread that asks, the main thread, and all that are alive. The main thread and workers that Heddle didn't start get a record here,
 * so that they look like any other.
 */
import { hot, i32 } from '../atomics.ts';
import { ident as currentIdent } from '../memory/agent.ts';
import { AGENT, OBJECT, REGISTRY, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { retain, revive } from '../memory/shared-object.ts';
import { selfAgent } from '../parking/guard.ts';
import { aliveRecords, enlist } from './alive.ts';
import { setRecordName } from './record.ts';
import { ensureSupervisor } from './root.ts';
import { Thread, asDummy } from './thread.ts';

const { add, load } = hot;

/** The main thread's and foreign threads' handles must not be collected while the thread runs. */
let ownHandle: Thread | undefined;

let registered = false;

/** Makes the main thread known, once, from the thread where the program began. */
export function registerMain(): void {
  ownHandle = foreignThread('MainThread', THREAD_FLAG.main);
  const record = pointerOf(ownHandle);
  i32[REGISTRY.mainRecord] = record;
  i32[selfAgent + AGENT.thread] = record;
  enlist(record);
}

/** Returns the thread that calls this. In a worker that Heddle didn't start it is a `DummyThread`, which can't be joined. Source: Python. */
export function currentThread(): Thread {
  ensureRegistered();
  const record = i32[selfAgent + AGENT.thread]!;
  retain(record);
  return revive(record) as Thread;
}

/** Returns the thread where the program began; from anywhere. */
export function mainThread(): Thread {
  ensureRegistered();
  const record = load(REGISTRY.mainRecord);
  retain(record);
  return revive(record) as Thread;
}

/** Returns all threads that are alive: the main thread, daemons, dummies, and those that were started but don't run yet (snapshot, in no order). */
export function enumerate(): Thread[] {
  ensureRegistered();
  return aliveRecords().map(record => revive(record) as Thread);
}

/** Returns `enumerate().length` (snapshot). */
export function activeCount(): number {
  ensureRegistered();
  return load(REGISTRY.alive);
}

/** Returns the current thread's `ident`. */
export function getIdent(): number {
  ensureRegistered();
  return currentIdent;
}

/** Returns the operating system's id of the current thread, as `ps -L` shows it; `undefined` where there is none to be had. Source: Python's `get_native_id`. */
export function getNativeId(): number | undefined {
  ensureRegistered();
  return i32[selfAgent + AGENT.nativeId]! || undefined;
}

function ensureRegistered(): void {
  if (registered) return;
  ensureSupervisor(false);
  if (i32[selfAgent + AGENT.thread] === 0) {
    ownHandle = foreignThread(
      `Dummy-${add(REGISTRY.dummySerial, 1) + 1}`,
      THREAD_FLAG.dummy | THREAD_FLAG.daemon,
    );
    i32[selfAgent + AGENT.thread] = pointerOf(ownHandle);
    enlist(pointerOf(ownHandle));
  }
  registered = true;
}

function foreignThread(name: string, flags: number): Thread {
  const thread = new Thread({ foreignFlags: flags } as unknown as () => unknown);
  if ((flags & THREAD_FLAG.dummy) !== 0) asDummy(thread);
  const record = pointerOf(thread);
  setRecordName(record, name);
  i32[record + THREAD.ident] = currentIdent;
  i32[record + THREAD.nativeId] = i32[selfAgent + AGENT.nativeId]!;
  i32[record + THREAD.agent] = selfAgent;
  i32[record + OBJECT.state] = THREAD_STATE.running;
  return thread;
}

function pointerOf(thread: Thread): number {
  return (thread as unknown as { at: number }).at;
}
