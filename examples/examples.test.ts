// Runs every example in a process of its own, as a reader would, and checks all that it prints. Where threads take turns as they
// like, it checks what holds whatever the order.

import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findBrowser } from './in-a-browser.ts';

/** One line; or several, in any order. */
type Lines = string | RegExp | string[];

interface Expected {
  /** All of standard output, from the first line to the last; if it isn't always as long, `holds` says what there is. */
  readonly prints?: Lines[];
  /** What else holds for the lines. */
  readonly holds?: (lines: string[]) => void;
  /** Standard error, if it isn't empty. */
  readonly complains?: RegExp;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Those of the lines that one thread printed. */
const linesOf = (lines: string[], thread: string): string[] => lines.filter(line => line.startsWith(thread));

const examples: Record<string, Expected> = {
  // Starting and ending
  '101-function-in-a-thread': {
    prints: [
      'thread: hello world, 1',
      'thread: hello world, 2',
      'thread: hello world, 3',
      'main: the thread has finished',
    ],
  },
  '102-list-of-threads': {
    prints: [
      range(1, 4).flatMap(worker => range(1, 3).map(n => `worker ${worker}: ${n}`)),
      'main: all four have finished',
    ],
    holds(lines) {
      for (const worker of range(1, 4)) {
        expect(linesOf(lines, `worker ${worker}`)).toEqual(range(1, 3).map(n => `worker ${worker}: ${n}`));
      }
    },
  },
  '103-class-with-run': {
    prints: [...range(1, 3).map(n => `greeter of world: hello world, ${n}`), 'main: the thread has finished'],
  },
  '104-result': {
    prints: [
      'awaited: { total: 10, terms: 4 }',
      'blocked: { total: 10, terms: 4 }',
      'joined:  true',
      'thrown:  true sum: there is nothing to add',
    ],
    complains: /^Exception in thread hopeless:\nRangeError: sum: there is nothing to add\n( +at .+\n)+$/,
  },
  '105-two-clocks': {
    holds(lines) {
      const fast = linesOf(lines, 'fast: tick');
      const slow = linesOf(lines, 'slow: tick');
      expect(fast).toEqual(range(1, fast.length).map(n => `fast: tick ${n}`));
      expect(slow).toEqual(range(1, slow.length).map(n => `slow: tick ${n}`));
      expect(slow.length).toBeGreaterThan(0);
      expect(lines.slice(fast.length + slow.length)).toEqual(['fast ticked more often: true']);
    },
  },
  '106-two-delays': {
    prints: [[...[1, 3, 5, 7, 9].map(n => `odd ${n}`), ...[2, 4, 6, 8].map(n => `even ${n}`)], 'done'],
    holds(lines) {
      expect(linesOf(lines, 'odd')).toEqual(['odd 1', 'odd 3', 'odd 5', 'odd 7', 'odd 9']);
      expect(linesOf(lines, 'even')).toEqual(['even 2', 'even 4', 'even 6', 'even 8']);
    },
  },
  '107-start-once': { prints: ['144', 'true Thread "squarer": threads can only be started once', '144'] },
  '108-join-with-timeout': {
    prints: ['finished within 50 ms: false', 'alive: true', 'finished: true', 'alive: false'],
  },
  '109-daemon': {
    prints: [
      'daemon: waits for ever',
      'main: daemon finished: false',
      'main: has nothing more to do',
      'ordinary thread: has saved everything',
    ],
  },
  '110-join-everything': {
    prints: [[50, 100, 150].map(ms => `sleeper of ${ms} ms wakes up`), "left: [ 'MainThread' ]"],
  },

  '111-value-in-a-field': { prints: ['by its fields: 25 97', 'by result():   25 primes up to 100'] },
  // Identity
  '201-names': {
    prints: [
      'Thread-1 (work) calls itself Thread-1 (work)',
      'librarian calls itself librarian',
      'archivist calls itself archivist',
    ],
  },
  '202-before-during-after': {
    prints: [
      'before: alive false, ident undefined, native id undefined, <Thread worker initial>',
      /^during: alive true, ident (\d+), native id (number|undefined), <Thread worker started \1>$/,
      /^after: alive false, ident (\d+), native id (number|undefined), <Thread worker stopped \1>$/,
      'it saw the same ident itself: true',
    ],
  },
  '203-main-thread': {
    prints: [
      'threads: 1',
      'seen from observer: MainThread, alive true, daemon false',
      'is it the main thread? false',
      'threads: 2',
      'the same ident: true',
      'am I the main thread? true',
    ],
  },
  '204-log-lines': {
    prints: [
      '{"level":30,"thread":"MainThread","msg":"opening"}',
      [
        '{"level":30,"thread":"coffee maker","drink":"coffee","msg":"brewing"}',
        '{"level":30,"thread":"tea maker","drink":"tea","msg":"brewing"}',
      ],
      '{"level":30,"thread":"MainThread","msg":"closing"}',
    ],
  },

  // Failure
  '301-uncaught-error': {
    prints: ['main: goes on, and the thread is dead'],
    complains: /^Exception in thread divider:\nRangeError: Division by zero\n( +at .+\n)+$/,
  },
  '302-exception-hook': {
    prints: ["hook: opener failed: /etc/nothing: no such file { code: 'ENOENT' }", 'main: goes on'],
  },

  '303-unlooked-failure': {
    prints: ['caught: RangeError: 2 / 0', 'main: goes on'],
    complains:
      /^Exception in thread MainThread:\nRangeError: 1 \/ 0\n( +at .+\n)+ +--- task of ThreadPoolExecutor "dividers", submitted: ---\n( +at .+\n)+$/,
  },
  '304-wrong-arguments': {
    prints: [
      'TypeError: ThreadPoolExecutor.map: "add" has 2 parameters, and there are inputs for 1 of them',
      /^NotShareableError: args\[0\]\.run: functions cannot be shared/,
      '[ 11, 22, 33 ]',
    ],
  },

  // Locks
  '401-counter-race': {
    prints: [/^lost without a lock: [1-9]\d*$/, 'lost with a lock: 0', 'lost in one step: 0'],
  },
  '402-fake-database': { prints: ['two updates without a lock: 1', 'two updates with a lock:    2'] },
  '403-adder-and-subtractor': { prints: [/^without a lock: -?[1-9]\d*$/, 'with a lock: 0'] },
  '404-one-lock-in-turn': {
    prints: [range(0, 9).flatMap(n => [`thread ${n} takes the lock`, `thread ${n} gives it back`])],
    holds(lines) {
      for (let n = 0; n < lines.length; n += 2) {
        expect(lines[n + 1]).toBe(lines[n]!.replace('takes the lock', 'gives it back'));
      }
    },
  },
  '405-try-acquire': {
    prints: [/^acquired 3 times in \d+ attempts, \d+ of them in vain$/],
    holds([line]) {
      const [acquired, attempts, inVain] = line!.match(/\d+/g)!.map(Number);
      expect(attempts! - inVain!).toBe(acquired);
    },
  },
  '406-hold-back': {
    prints: [
      ['cook stands at the gate', 'waiter stands at the gate'],
      'main lays the tables, and opens',
      ['cook is through', 'waiter is through'],
    ],
  },
  '407-reentrant': {
    prints: [
      'RLock: still held 1 time, balance 1200',
      'Lock: true Lock "account": not acquired within 50 ms',
    ],
    complains:
      /^Exception in thread Thread-2 \(payDay\):\nTimeoutError: Lock "account": not acquired within 50 ms\n( +at .+\n)+$/,
  },
  '408-using': {
    prints: [
      'in the block: true true',
      'after the block: false',
      'after return: 7 false',
      'after an error: there is no first number false',
      'given back early: false',
      'by hand: true',
    ],
  },
  '409-lock-order': { prints: ['5000 meals, nobody starved: true'] },
  '410-lock-twice': {
    prints: [
      'acquired twice: still waiting after 20 ms',
      'DeadlockError: Lock "account": deadlock: a guard of this very thread',
      'locked afterwards: false',
      'with an RLock: withdrawn and logged',
    ],
  },
  '411-opposite-orders': {
    prints: [
      'warning: no order among Lock "Alice" and Lock "Bob"',
      /^ {2}Thread "to (Bob|Alice)" holds Lock "(Alice|Bob)" and waits for Lock "(Bob|Alice)", which Thread "to (Alice|Bob)" holds,$/,
      /^ {2}Thread "to (Bob|Alice)" holds Lock "(Alice|Bob)" and waits for Lock "(Bob|Alice)", which Thread "to (Alice|Bob)" holds,$/,
      'transferred',
    ],
  },
  '412-livelock': {
    prints: [
      'both step back and try again at once:',
      '  gave up after 100 attempts',
      '  gave up after 100 attempts',
      'both step back for a while:',
      /^ {2}through after ([2-9]|\d\d)$/,
      /^ {2}through after ([2-9]|\d\d)$/,
    ],
  },
  '413-spin-lock': {
    prints: [/^by hand: 10000 of 10000, looked \d+ times in vain$/, 'SpinLock: 10000 of 10000'],
  },
  '414-readers-and-writers': {
    prints: ['readers together: true', 'half-written prices seen: 0', 'prices in the end: 20 10'],
  },
  '416-abandoned-lock': {
    prints: [
      'left behind: 40 and 0',
      'Lock "accounts": Thread "mover" died while it held the lock',
      'first time: 100 and 0, held: true',
      'second time: 100 and 0, held: true',
    ],
  },
  '417-who-waits': {
    prints: [
      'Thread "worker"',
      '  is blocked in Event.wait(): Event "stop"',
      '  holds Lock "database"',
      'ended: true',
    ],
  },

  // Shared arrays
  '501-shared-numbers': { prints: ['1 4 9 16 25'] },
  '502-add-and-divide': {
    prints: [/^different values without a lock: ([2-9]|\d{2,})$/, 'different values with a lock: 1'],
  },
  '503-parallel-for': {
    prints: [
      'different values: 1 each 8.75',
      'ten times as much: 87.5',
      'divisors of 1 to 12: 1 2 2 3 2 4 2 4 3 4 2 6',
    ],
  },

  // Waiting for each other
  '601-starting-gun': {
    prints: [
      range(1, 5).map(lane => `lane ${lane} is ready`),
      'bang',
      range(1, 5).map(lane => `lane ${lane} runs`),
    ],
  },
  '602-event-with-timeout': {
    holds(lines) {
      const looks = lines.slice(0, -1);
      expect(lines.at(-1)).toBe('it is here');
      expect(looks.length).toBeGreaterThanOrEqual(3);
      expect(new Set(looks)).toEqual(new Set(['not yet, so I do something else']));
    },
  },
  '603-event-stops-worker': {
    prints: ['worker: was told to stop', 'main: at least 100 primes: true, from 2 3 5 7 11 13 17 19'],
  },
  '604-condition': {
    prints: ['main: waits for data', 'producer: the data is ready', 'main: got 42'],
  },
  '605-lost-notification': { prints: ['notified: 0', 'wait: false', 'waitFor: true'] },
  '606-semaphore': { prints: [/^10 downloads, at most [12] at once, 2 slots free in the end$/] },
  '607-active-names': {
    holds(lines) {
      const names = ['Ada', 'Barbara', 'Frances', 'Grace', 'Hedy', 'Jean'];
      expect(lines.at(-1)).toBe('left: 0');
      const active = lines.slice(0, -1).map(line => line.replace(/^active: /, '').split(' '));
      expect(active).toHaveLength(names.length);
      for (const together of active) {
        expect([1, 2, 3]).toContain(together.length);
        expect(names).toEqual(expect.arrayContaining(together));
      }
      expect([...new Set(active.flat())].toSorted()).toEqual(names);
    },
  },
  '608-barrier': {
    prints: [
      range(1, 5).map(n => `worker ${n} is prepared`),
      range(1, 5).map(n => `worker ${n} works`),
      'main: all have worked',
    ],
  },
  '609-barrier-action': {
    prints: ['sum of this round: 10', 'sum of this round: 20', 'sum of this round: 30'],
  },
  '610-broken-barrier': {
    prints: [
      'alone:       Barrier "appointment": broken: not all parties came within 20 ms',
      'afterwards:  Barrier "appointment": broken: it was broken before, and reset() has not been called',
      'after reset: met as number 0, met as number 1',
      /^aborted: {5}Barrier "appointment": broken: it was aborted/,
      'broken:      true',
    ],
  },
  '611-latch': {
    prints: [
      'still to come: 3',
      ['database is up', 'cache is up', 'mail is up'],
      'open for business, still to come: 0',
    ],
  },
  '612-timer': {
    prints: [
      'started: true finished: false',
      'it says: ding',
      'not before its time: true',
      'finished: true returned: 4',
    ],
  },
  '613-timer-cancelled': {
    prints: ['alarm is set: true', 'ended at once: true', 'calls: 0 finished: true'],
  },
  '614-timer-too-late': { prints: ['calls: 1 returned: 1'] },
  '615-five-ways-to-wait': {
    prints: [/^sleep: (42|too early)$/, 'join: 42', 'event: 42', 'condition: 42', 'queue: 42'],
  },
  '616-exchanger': { prints: ['sums: 1000 2000 3000 4000 5000'] },
  '617-once': {
    prints: ['the first: not ready yet', '4 9 16', 'attempts: 2 done: true'],
    complains: /^Exception in thread Thread-1 \(useTable\):\nError: not ready yet\n( +at .+\n)+$/,
  },
  '618-scheduler': {
    prints: ['planned: 5', 'first', 'second, being less urgent', 'last', 'left: 0'],
  },

  // Per thread
  '701-thread-local': {
    prints: [
      'thread: works for nobody, then works for Ada',
      'thread: works for nobody, then works for Grace',
      'later thread: works for nobody, then works for Barbara',
      'main: works for the boss',
    ],
  },
  '702-seeded-random': {
    prints: [
      'seed 1: 4 1 4 6 6 2 4 5 3 6, again: true',
      'seed 2: 5 2 2 4 6 4 3 3 5 1, again: true',
      'seed 3: 5 1 3 1 5 3 3 1 2 4, again: true',
    ],
  },
  '703-context': {
    prints: [
      '[request 7] starts a thread',
      '[request 7] works',
      '[request -] works',
      '[request 9] works',
      '[request -] has no request',
    ],
  },

  '704-comlink': {
    prints: [
      'titles: 3',
      'page 1',
      'page 2',
      'page 3',
      'read: Faust, Woyzeck, Emilia Galotti',
      'ThreadDiedError: burn(): Thread "library" has ended, so no answer comes',
      'ThreadDiedError',
    ],
  },

  // Pipelines
  '801-one-slot': { prints: ['1 4 9 16 25 36 49 64 81 100'] },
  '802-queue-and-stop-event': { prints: ['sum of 1 to 100: 5050', 'left in the queue: 0'] },
  '803-bursts': {
    prints: [
      /^the producer had to wait [1-9]\d* times$/,
      /^30 stored, in order: true, at most [1-4] in the queue$/,
    ],
  },
  '804-fan-out': { prints: range(1, 20).map(n => `${n}² = ${n * n}`) },
  '805-shutdown': { prints: ['3 4 3 3 4 3 4 5 2 7'] },
  '806-orders-of-service': {
    prints: ['Queue: 3 1 4 1 5 9 2 6', 'LifoQueue: 6 2 9 5 1 4 1 3', 'PriorityQueue: 1 1 2 3 4 5 6 9'],
  },
  '807-shared-iterator': { prints: ['pages: 1000', 'letters: 4500', 'left: 0'] },

  // Executors
  '901-map': {
    prints: ['page 1 by fetcher', 'page 2 by fetcher', 'page 3 by fetcher', 'threads: 3'],
  },
  '902-submit': {
    prints: [
      'blocked: 1024 true',
      'awaited: 27',
      'error:   power: the exponent must not be negative',
      'limited: 8',
    ],
  },
  '903-as-completed': { prints: ['hare', 'dog', 'tortoise'] },
  '904-initializer': {
    prints: [
      "[ 'Faden', 'Webstuhl', '?' ]",
      'BrokenExecutorError: ThreadPoolExecutor "broken": the initializer failed, so the pool is broken and runs nothing more: the dictionary is empty',
    ],
  },
  '905-cancel': {
    prints: [
      'in line: true true',
      'running: true false',
      'CancelledError: the task was asked to stop true',
      'stopped by its signal',
      'TimeoutError',
    ],
  },
  '906-progress': {
    prints: [
      '[##        ] 25 %',
      '[#####     ] 50 %',
      '[#######   ] 75 %',
      '[##########] 100 %',
      'sum: 780 completed: 40',
    ],
  },

  '907-answer': {
    prints: [
      'fulfilled 3',
      'rejected CancelledError: the task was cancelled',
      'rejected RangeError: the mean of nothing',
    ],
  },
  // Actors
  '1001-actor-counter': { prints: ['count: 55', 'count: 155'] },
  '1002-ping-pong': { prints: ['on one thread: normal', 'on two threads: normal'] },
  '1003-actor-ring': { prints: ['hops: 100000'] },
  '1004-strategies': {
    prints: [
      'oneForOne: started again: two',
      'oneForAll: started again: one, two, three',
      'restForOne: started again: two, three',
    ],
  },
  '1005-thread-comes-back': {
    prints: [['(threadDied)', '(supervisor)', '(restarted)', 'counted by the next instance: 50']],
  },
  '1006-graceful-stop': {
    prints: [
      'saver: saved 1',
      'saver: saved 2',
      'saver: saved 3',
      'searcher: gave up the search',
      'searcher: ended with shutdown',
      'all have ended',
    ],
  },
  '1007-ask-with-timeout': {
    prints: [
      'answer: 42',
      'no answer: TimeoutError',
      'dead letter: 100 lateReply',
      'next answer: 4',
      /^at once: ask \/:\d+: the actor has ended \(noproc\)$/,
    ],
  },
  '1008-stash': {
    prints: ['the door opens, and 2 were waiting', 'Ada comes in', 'Grace comes in', 'Barbara comes in'],
  },
  '1009-actor-timers': {
    prints: [
      '5 min: the egg is ready',
      '20 min: more tea',
      '30 min: news at half past',
      '40 min: more tea',
      '50 min: alarm, put off',
      '60 min: more tea',
    ],
  },
  '1010-router': {
    prints: [['Ada: clerks: 1', 'Grace: clerks: 1', 'Barbara: clerks: 1'], 'Ada: tea, Ada: bread, Ada: salt'],
  },
  '1011-actor-as-object': { prints: ['[ 90, 70, 40 ]', 'RangeError only 40 left'] },
  '1012-dedicated-actor': { prints: ['before: 6765', 'after:  75025'] },
  '1013-actor-of-the-page': {
    prints:
      findBrowser() === undefined
        ? [/^There is no Chromium here/]
        : [
            '4 primes below 10, by a thread',
            '25 primes below 100, by a thread',
            '78498 primes below 1000000, by a thread',
            'the page went on meanwhile: true',
          ],
  },
};

/** 101 before 1001. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

const folder = import.meta.dirname;
const found = readdirSync(folder).filter(name => /^\d.*\.ts$/.test(name));
const { FORCE_COLOR: _, ...env } = process.env;

interface Output {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(name: string): Promise<Output> {
  return new Promise(resolve => {
    const options = { cwd: folder, env, timeout: 55_000, killSignal: 'SIGKILL' as const };
    execFile(process.execPath, [`${name}.ts`], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });
}

/** Replaces by what was expected each line, or group of lines in any order, that is as expected. */
function reconcile(lines: string[], expected: Lines[]): Lines[] {
  let at = 0;
  const reconciled: Lines[] = expected.map(each => {
    if (Array.isArray(each)) {
      const group = lines.slice(at, (at += each.length));
      return group.toSorted().join('\n') === each.toSorted().join('\n') ? each : group;
    }
    const line = lines[at++] ?? '(nothing)';
    return each instanceof RegExp && each.test(line) ? each : line;
  });
  return [...reconciled, ...lines.slice(at)];
}

describe.concurrent('examples', () => {
  for (const [name, { prints, holds, complains }] of Object.entries(examples)) {
    test(`${name} prints what it promises`, async () => {
      const { code, stdout, stderr } = await run(name);
      if (complains === undefined) expect(stderr).toBe('');
      else expect(stderr).toMatch(complains);
      const lines = stdout.split('\n');
      expect(lines.pop()).toBe(''); // all lines are complete
      if (prints !== undefined) expect(reconcile(lines, prints)).toEqual(prints);
      holds?.(lines);
      expect(code).toBe(0);
    });
  }
});

describe('the folder', () => {
  test('every example is checked, and every check has its example', () => {
    expect(Object.keys(examples).map(name => `${name}.ts`)).toEqual(found.toSorted(byNumber));
    for (const { prints, holds } of Object.values(examples)) expect(prints ?? holds).toBeDefined();
  });

  test.each(found)('%s begins with what it shows, fits on a screen and uses public names only', name => {
    const source = readFileSync(`${folder}/${name}`, 'utf8');
    expect(source).toMatch(/^\/\/ [A-Z“`].*\n/);
    expect(source.split('\n').length).toBeLessThanOrEqual(60);
    for (const [, module] of source.matchAll(/ from '(.*)';/g))
      expect([
        '@heddle/actors',
        '@heddle/actors/cron',
        '@heddle/actors/testkit',
        '@heddle/core',
        '@heddle/core/comlink',
        'node:async_hooks',
        'pino',
      ]).toContain(module);
  });

  test('the README has a line for every example, in order', () => {
    const readme = readFileSync(`${folder}/README.md`, 'utf8');
    const listed = [...readme.matchAll(/^\| \[`(.*)`\]\(\1\) \| \S.* \|$/gm)].map(([, name]) => name);
    expect(listed).toEqual(found.toSorted(byNumber));
  });
});
