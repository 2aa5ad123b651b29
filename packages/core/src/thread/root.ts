/**
 * What happens once in a runtime, in the thread where the program began: the main thread gets its record, the supervisor is started, and the end of
 * the program is put off until no non-daemon thread is left.
 */
import { i32, load } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { isRootThread } from '../memory/birth.ts';
import { AGENT, REGISTRY } from '../memory/layout.ts';
import { slab } from '../memory/slab.ts';
import { waitInLine } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { registerMain } from './current-thread.ts';
import { drainReports } from './except-hook.ts';
import { host, nativeThreadId, onLoopEmpty } from './host.ts';
import { restLine } from './life.ts';
import { claimSupervisor } from './registry.ts';
import { supervise } from './supervisor-main.ts';

let rootReady = false;
/** Kept so that it isn't collected. */
let supervisor: unknown;

/** Makes this runtime ready for threads; the supervisor comes up in the background (`start` false does without it until it is needed). */
export function ensureSupervisor(start: boolean = true): void {
  slab();
  if (isRootThread()) {
    if (!rootReady) becomeRoot();
    if (start && supervisor === undefined && claimSupervisor()) startSupervisor();
  } else if (load(REGISTRY.rootAgent) === 0) {
    throw new ThreadStateError(
      'Heddle must be loaded in the main thread before a worker of your own uses threads: call runtimeHandle() there, post it here, and attach() it',
    );
  }
}

function becomeRoot(): void {
  rootReady = true;
  i32[REGISTRY.rootAgent] = selfAgent;
  i32[selfAgent + AGENT.nativeId] = nativeThreadId();
  registerMain();
  onLoopEmpty(() => {
    drainReports();
    if (load(REGISTRY.nonDaemon) > 0)
      void waitInLine(restLine, load(REGISTRY.mainRecord), restLine, Infinity, undefined);
  });
}

function startSupervisor(): void {
  if (host.spawnSupervisor === undefined) {
    supervisor = supervise;
    supervise();
    return;
  }
  supervisor = host.spawnSupervisor(slab(), error => {
    throw new Error(
      `Heddle's supervisor thread failed, no thread can be started or ended any more: ${String(error)}`,
      { cause: error },
    );
  });
}
