/**
 * Core with single lines changed, to show that the scenarios over core would notice. A mutant is loaded by its scenario's module when that
 * is imported with the mutant's number in its address; the sources on disk stay as they are.
 */

/** One line of core and what becomes of it. */
export interface Mutant {
  readonly flaw: string;
  readonly file: string;
  readonly line: string;
  readonly becomes: string;
  /** The scenarios that must notice. */
  readonly module: 'lock' | 'guard' | 'semaphore' | 'event' | 'condition' | 'barrier' | 'queue' | 'pool';
  readonly scenario: string;
  /** Of that scenario; 3 by default. */
  readonly threads?: number;
}

export const mutants: readonly Mutant[] = [
  {
    flaw: 'a waiter goes to sleep without announcing it',
    file: 'sync/lock-state.ts',
    line: '} else if ((seen & WAITERS) !== 0 || compareExchange(lock, seen, seen | WAITERS) === seen) {',
    becomes: '} else if (seen !== -1) {',
    module: 'lock',
    scenario: 'excludes',
    threads: 2,
  },
  {
    flaw: 'the first who gives up tells nobody',
    file: 'sync/lock-state.ts',
    line: 'if ((load(lock) & LOCKED) === 0) poke(next);',
    becomes: '',
    module: 'lock',
    scenario: 'givesUp',
  },
  {
    flaw: 'nobody looks for a deadlock before going to sleep',
    file: 'parking/wait.ts',
    line: 'const stuck = owned ? watch?.look?.(node) : undefined;',
    becomes: 'const stuck = undefined as (() => Error) | undefined;',
    module: 'guard',
    scenario: 'twoOrders',
    threads: 2,
  },
  {
    flaw: 'who gives up because of a deadlock keeps it to itself',
    file: 'owners/watch.ts',
    line: 'if (certain) store(node + NODE.endless, 0);',
    becomes: '',
    module: 'guard',
    scenario: 'twoOrders',
    threads: 2,
  },
  {
    flaw: 'the owner of a lock that a waiter takes is not named',
    file: 'sync/lock-state.ts',
    line: 'compareExchange(lock, seen, (seen & (WAKE | ABANDONED)) | mine | others) === seen',
    becomes: 'compareExchange(lock, seen, (seen & (WAKE | ABANDONED)) | LOCKED | others) === seen',
    module: 'guard',
    scenario: 'mixed',
  },
  {
    flaw: 'an abort keeps what it was granted',
    file: 'parking/async.ts',
    line: 'if (!leave(pointer, line, node)) line.giveBack(pointer, node);',
    becomes: 'leave(pointer, line, node);',
    module: 'condition',
    scenario: 'aborts',
  },
  {
    flaw: 'a timeout forgets a grant that came first',
    file: 'parking/wait.ts',
    line: '} else if (state === NODE_STATE.granted || !leave(pointer, line, node)) {',
    becomes: '} else if (state === NODE_STATE.granted || (leave(pointer, line, node), false)) {',
    module: 'semaphore',
    scenario: 'timeouts',
  },
  {
    flaw: 'a guard is freed without waking who sleeps on it',
    file: 'parking/guard.ts',
    line: 'if ((exchange(guard, 0) & SLEEPERS) !== 0) notify(guard, 1);',
    becomes: 'exchange(guard, 0);',
    module: 'lock',
    scenario: 'three',
  },
  {
    flaw: 'notify before store',
    file: 'parking/wake.ts',
    line: '  store(node + NODE.state, state);\n  if (i32[node + NODE.isAsync] === 0) notifyLater(node + NODE.state);',
    becomes:
      '  if (i32[node + NODE.isAsync] === 0) notify(node + NODE.state, 1);\n  store(node + NODE.state, state);\n  if (i32[node + NODE.isAsync] === 0);',
    module: 'lock',
    scenario: 'excludes',
    threads: 2,
  },
  {
    flaw: 'who is to be woken is forgotten when the guard is freed',
    file: 'parking/guard.ts',
    line: 'if (laterCount !== 0 && depth === 0) notifyNow();',
    becomes: 'laterCount = 0;',
    module: 'lock',
    scenario: 'excludes',
    threads: 2,
  },
  {
    flaw: 'the wake word is read after the drain',
    file: 'parking/async.ts',
    line: 'const result = atomicsWaitAsync(selfAgent + AGENT.wake, seen);',
    becomes: 'const result = atomicsWaitAsync(selfAgent + AGENT.wake, load(selfAgent + AGENT.wake));',
    module: 'lock',
    scenario: 'promises',
    threads: 2,
  },
  {
    flaw: 'an agent is pushed work and not woken',
    file: 'parking/wake.ts',
    line: '  add(agent + AGENT.wake, 1);\n',
    becomes: '',
    module: 'lock',
    scenario: 'promises',
    threads: 2,
  },
  {
    flaw: 'attempts outside of the guard',
    file: 'parking/standing.ts',
    line: '  lockGuard(pointer + GUARD);\n  i32[node + NODE.wanted] = wanted;\n  const done = line.attempt(pointer, node);\n  if (!done) {',
    becomes:
      '  i32[node + NODE.wanted] = wanted;\n  const done = line.attempt(pointer, node);\n  lockGuard(pointer + GUARD);\n  if (!done) {',
    module: 'lock',
    scenario: 'excludes',
    threads: 2,
  },
  {
    flaw: 'the lock is released before the waiter stands in line',
    file: 'parking/wait.ts',
    line: '  const entered = enter(pointer, line, node, wanted);',
    becomes:
      '  onEntered?.();\n  onEntered = undefined;\n  const entered = enter(pointer, line, node, wanted);',
    module: 'condition',
    scenario: 'producer',
  },
  {
    flaw: 'a barrier lets go before it counts back',
    file: 'sync/barrier-state.ts',
    line: '  store(barrier + COUNT, 0);\n  grantAll(barrier + OBJECT.first, outcome);',
    becomes: '  grantAll(barrier + OBJECT.first, outcome);\n  store(barrier + COUNT, 0);',
    module: 'barrier',
    scenario: 'twoRounds',
    threads: 2,
  },
  {
    flaw: 'a latch that opens wakes nobody',
    file: 'sync/count-down-latch.ts',
    line: 'grantAll(latch + OBJECT.first);',
    becomes: '',
    module: 'event',
    scenario: 'latch',
  },
  {
    flaw: 'a getter that gives up tells nobody',
    file: 'queue/lines.ts',
    line: 'left: queue => reviewGetters(queue, i32[queue + PROMISED]!),',
    becomes: 'left() {},',
    module: 'queue',
    scenario: 'aborts',
  },
  {
    flaw: 'who puts the short way overlooks that somebody waits',
    file: 'queue/ends.ts',
    line: 'words[queue + IN_CLOSED] = both | words[queue + NEXT_GETTER]! | words[queue + PROMISED_SLOTS]!;',
    becomes: 'words[queue + IN_CLOSED] = both | words[queue + PROMISED_SLOTS]!;',
    module: 'queue',
    scenario: 'consumers',
  },
  {
    flaw: 'who gets the short way overlooks that somebody waits for room',
    file: 'queue/ends.ts',
    line: 'const both = words[queue + FLAGS]! | words[queue + NEXT_PUTTER]! | words[queue + MAX_BYTES]!;',
    becomes: 'const both = words[queue + FLAGS]! | words[queue + MAX_BYTES]!;',
    module: 'queue',
    scenario: 'bounded',
  },
  {
    flaw: 'who joins a line of a queue attempts under one guard only',
    file: 'queue/lines.ts',
    line: '    lockIn(queue);\n    const answer = ask(queue, node);\n    unlockIn(queue);',
    becomes: '    const answer = ask(queue, node);\n    lockIn(queue);\n    unlockIn(queue);',
    module: 'queue',
    scenario: 'consumers',
  },
  {
    flaw: 'a semaphore gives one permit for two',
    file: 'sync/semaphore.ts',
    line: 'for (let node = first(line); node !== 0 && rest > 0; node = first(line)) {',
    becomes: 'for (let node = first(line); node !== 0 && rest > 1; node = first(line)) {',
    module: 'semaphore',
    scenario: 'many',
  },
  {
    flaw: 'a semaphore loses what nobody waits for any more',
    file: 'sync/semaphore.ts',
    line: 'if (first(line) === 0) store(semaphore, rest);',
    becomes: 'if (first(line) === 0) store(semaphore, 0);',
    module: 'semaphore',
    scenario: 'three',
  },
  {
    flaw: 'an event that is set wakes one',
    file: 'parking/wake.ts',
    line: '    grant(node, given);\n    count++;\n',
    becomes: '    grant(node, given);\n    count++;\n    break;\n',
    module: 'event',
    scenario: 'sets',
  },
  {
    flaw: 'an event is waited for although it was set',
    file: 'sync/event.ts',
    line: 'if (seen === WAITERS || compareExchange(event, 0, WAITERS) === 0) return false;',
    becomes: 'store(event, WAITERS); return false;',
    module: 'event',
    scenario: 'sets',
  },
  {
    flaw: 'an idle worker is not told of a task',
    file: 'executor/entering.ts',
    line: 'insert(pool, future);\n    callWorkers(pool);',
    becomes: 'insert(pool, future);',
    module: 'pool',
    scenario: 'cancels',
    threads: 2,
  },
  {
    flaw: 'an idle worker is not told of the shutdown',
    file: 'executor/staffing.ts',
    line: 'for (let node = first(pool + POOL.idle); node !== 0; node = following(node)) poke(node);',
    becomes: '',
    module: 'pool',
    scenario: 'shutDown',
  },
  {
    flaw: 'the worker that spins counts as on its way when it has given up',
    file: 'executor/taking.ts',
    line: 'i32[pool + POOL.spinner] = 0;\n  const found',
    becomes: 'const found',
    module: 'pool',
    scenario: 'twoWorkers',
  },
];
