/** What holds for threads, futures and pools, wherever their parties are. */
import {
  AtomicCounter,
  CancelledError,
  Event,
  Scheduler,
  SettableFuture,
  Thread,
  ThreadPoolExecutor,
  asCompleted,
  currentThread,
  enumerate,
  getIdent,
  mainThread,
  sleep,
  sleepAsync,
  task,
  wait,
  waitAsync,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import {
  type Contracts,
  type Play,
  abortWhen,
  both,
  contract,
  on,
  outcomeOf,
  refusalOf,
  see,
} from './play.ts';

const work = task(import.meta, function work(begun: Event, go: Event, fails: boolean): string {
  begun.set();
  go.wait(SOON);
  if (fails) throw new RangeError('on purpose');
  return currentThread().name;
});

export const double = task(import.meta, function double(n: number): number {
  return n * 2;
});

export const failOdd = task(import.meta, function failOdd(n: number): number {
  if (n % 2 === 1) throw new RangeError(`odd: ${n}`);
  return n;
});

interface Started {
  thread: Thread<typeof work>;
  begun: Event;
  go: Event;
}

function started(fails: boolean): Started {
  const [begun, go] = [new Event(), new Event()];
  // Its failure is looked at by result(), and is no business of the exception hook's test.
  return { thread: new Thread(work, { args: [begun, go, fails], name: 'worker' }).start(), begun, go };
}

const threads: Contracts = {
  'Thread: join returns whether it has ended, to as many as join it, and again': contract({
    share: () => started(false),
    roles: {
      *one({ thread, begun, go }) {
        yield* on(begun).wait(SOON);
        const early = [
          yield* on(thread).join({ timeout: 0 }),
          yield* on(thread).join({ timeout: 5 }),
          thread.alive,
        ];
        go.set();
        return [...early, yield* on(thread).join(SOON), yield* on(thread).join(SOON), thread.alive];
      },
      *two({ thread }) {
        return yield* on(thread).join(SOON);
      },
    },
    outcome: { one: [false, false, true, true, true, false], two: true },
  }),
  'Thread: has one name, number and result for all who have it': contract({
    share: () => started(false),
    roles: {
      *one({ thread, begun, go }) {
        yield* on(begun).wait(SOON);
        const seen = [thread.name, thread.ident !== undefined, enumerate().includes(thread)];
        thread.name = 'renamed';
        go.set();
        return [...seen, yield* on(thread).result(SOON)];
      },
      *two({ thread }) {
        const result = yield* on(thread).result(SOON);
        return [result, thread.name];
      },
    },
    outcome: { one: ['worker', true, true, 'renamed'], two: ['renamed', 'renamed'] },
  }),
  'Thread: refuses a second start, another daemon setting, and what it can not join': contract({
    share: () => started(false),
    roles: {
      *one({ thread, begun, go }) {
        yield* on(begun).wait(SOON);
        const refusals = [
          refusalOf(() => thread.start()),
          refusalOf(() => (thread.daemon = true)),
          yield* outcomeOf(on(currentThread()).join({ timeout: 1 })),
          yield* outcomeOf(on(new Thread(double, { args: [1] })).join({ timeout: 1 })),
        ].map(each => String(each).split(':')[0]);
        go.set();
        yield* on(thread).join(SOON);
        return refusals;
      },
    },
    outcome: { one: ['ThreadStateError', 'ThreadStateError', 'ThreadStateError', 'ThreadStateError'] },
  }),
  'Thread: an aborted join goes, and the thread and who else joins it stay': contract({
    share: () => started(false),
    asyncOnly: 'aborted',
    roles: {
      *aborted({ thread, begun, go }) {
        const reason = yield* outcomeOf(on(thread).join({ signal: abortWhen(() => begun.isSet, 'enough') }));
        const { alive } = thread;
        go.set();
        return [reason, alive];
      },
      *other({ thread }) {
        return yield* on(thread).join(SOON);
      },
    },
    outcome: { aborted: ['enough', true], other: true },
  }),
  'Thread: any thread starts others, which outlive it, and knows itself and the main one': contract({
    share: () => ({ started: new SettableFuture<Thread<typeof double>>() }),
    roles: {
      starter({ started: future }) {
        const thread = new Thread(double, { args: [21] }).start();
        future.setResult(thread);
        return [
          currentThread().ident === getIdent(),
          currentThread() === currentThread(),
          mainThread().alive,
        ];
      },
      *other({ started: future }) {
        const thread = yield* both(
          () => future.result(SOON),
          () => future,
        );
        return yield* on(thread).result(SOON);
      },
    },
    outcome: { starter: [true, true, true], other: 42 },
  }),
  'sleep: takes as long as it should': contract({
    share: () => ({}),
    roles: {
      *one() {
        const begin = performance.now();
        yield* both(
          () => sleep(20),
          () => sleepAsync(20),
        );
        return performance.now() - begin >= 19;
      },
    },
    outcome: { one: true },
  }),
};

/** A future's result, blocked or awaited. */
function resultOf<T>(future: SettableFuture<T> | ReturnType<ThreadPoolExecutor['submit']>): Play<T> {
  return both(
    () => future.result(SOON) as T,
    () => future as PromiseLike<T>,
  );
}

interface Promised {
  future: SettableFuture<unknown>;
  looked: AtomicCounter;
}

const promised = (): Promised => ({ future: new SettableFuture<unknown>(), looked: new AtomicCounter() });

const futures: Contracts = {
  'Future: gives its result to all who wait, and who come later': contract({
    share: promised,
    roles: {
      *setter({ future, looked }) {
        yield* see(() => looked.value === 2, 'both are about to wait');
        future.setResult({ deep: [0, undefined] });
        return [future.done, future.cancelled, yield* resultOf(future)];
      },
      *one({ future, looked }) {
        const late = refusalOf(() => future.result({ timeout: 1 })).split(':')[0];
        looked.increment();
        return [late, yield* resultOf(future), future.exception()];
      },
      *two({ future, looked }) {
        looked.increment();
        return yield* resultOf(future);
      },
    },
    outcome: {
      setter: [true, false, { deep: [0, undefined] }],
      one: ['TimeoutError', { deep: [0, undefined] }, undefined],
      two: { deep: [0, undefined] },
    },
  }),
  'Future: throws what it failed with, although that is undefined': contract({
    share: promised,
    roles: {
      setter({ future }) {
        future.setException(undefined);
      },
      *waiter({ future }) {
        let thrown: unknown = 'nothing';
        try {
          yield* resultOf(future);
        } catch (error) {
          thrown = error;
        }
        return [thrown, future.exception(SOON)];
      },
    },
    outcome: { waiter: [undefined, { error: undefined }] },
  }),
  'Future: a cancel wins once, and all who wait hear of it': contract({
    share: promised,
    roles: {
      *canceller({ future, looked }) {
        yield* see(() => looked.value === 1, 'it is about to wait');
        const first = future.cancel();
        return [first, future.cancelled, refusalOf(() => future.setResult(1)).split(':')[0]];
      },
      *waiter({ future, looked }) {
        looked.increment();
        let name = '';
        try {
          yield* resultOf(future);
        } catch (error) {
          name = error instanceof CancelledError ? 'CancelledError' : String(error);
        }
        return name;
      },
    },
    outcome: { canceller: [true, true, 'InvalidStateError'], waiter: 'CancelledError' },
  }),
  'wait: returns with the first, and in time without an error; as many as there are for all': contract({
    share: () => ({ first: promised(), second: promised() }),
    roles: {
      *setter({ first, second }) {
        yield* see(() => first.looked.value === 1, 'its time was up');
        first.future.setResult(1);
        yield* see(() => second.looked.value === 1, 'it has the first');
        second.future.setException(new RangeError('on purpose'));
      },
      *waiter({ first, second }) {
        const all = [first.future, second.future, first.future];
        const until = (options: object): Play<[number, number]> =>
          both(
            () => sizes(wait(all, options)),
            async () => sizes(await waitAsync(all, options)),
          );
        const none = yield* until({ timeout: 5 });
        first.looked.increment();
        const one = yield* until({ ...SOON, returnWhen: 'FIRST_COMPLETED' });
        second.looked.increment();
        const failed = yield* until({ ...SOON, returnWhen: 'FIRST_EXCEPTION' });
        return [none, one, failed, yield* until(SOON)];
      },
    },
    outcome: {
      waiter: [
        [0, 2],
        [1, 1],
        [2, 0],
        [2, 0],
      ],
    },
  }),
  'asCompleted: gives them as they settle, and throws when its time is up': contract({
    share: () => ({ futures: [promised(), promised(), promised()] }),
    roles: {
      *setter({ futures: [a, b, c] }) {
        b!.future.setResult('b');
        yield* see(() => b!.looked.value === 1, 'it was given');
        c!.future.setResult('c');
        yield* see(() => c!.looked.value === 1, 'it was given');
        a!.future.setResult('a');
      },
      *taker({ futures: all }) {
        const of = all.map(each => each.future);
        const give = (future: unknown): unknown => {
          const at = of.indexOf(future as never);
          all[at]!.looked.increment();
          return of[at]!.result();
        };
        return yield* both<unknown[]>(
          () => Array.from(asCompleted(of, SOON), give),
          async () => {
            const given: unknown[] = [];
            for await (const { future } of asCompleted(of, SOON)) given.push(give(future));
            return given;
          },
        );
      },
    },
    outcome: { taker: ['b', 'c', 'a'] },
  }),
  'asCompleted: says how many are unfinished when its time is up': contract({
    share: promised,
    roles: {
      *one({ future }) {
        let message = '';
        try {
          yield* both<void>(
            () => void [...asCompleted([future], { timeout: 5 })],
            async () => {
              for await (const _ of asCompleted([future], { timeout: 5 }));
            },
          );
        } catch (error) {
          message = String(error);
        }
        return message;
      },
    },
    outcome: { one: 'TimeoutError: 1 (of 1) futures unfinished' },
  }),
};

function sizes({ done, notDone }: { done: Set<unknown>; notDone: Set<unknown> }): [number, number] {
  return [done.size, notDone.size];
}

interface Pooled {
  pool: ThreadPoolExecutor;
}

const pools: Contracts = {
  'ThreadPoolExecutor: works for all who have it, and each gets its own results in order': contract({
    share: (): Pooled => ({ pool: new ThreadPoolExecutor({ maxWorkers: 2 }) }),
    roles: Object.fromEntries(
      [1, 2].map(n => [
        `user ${n}`,
        function* ({ pool }: Pooled): Play<unknown> {
          const one = yield* resultOf<number>(pool.submit(double, n));
          const inputs = [n, n + 1, n + 2];
          const mapped = yield* both<number[]>(
            () => [...pool.map(double, [inputs], SOON)],
            async () => {
              const all: number[] = [];
              for await (const value of pool.mapAsync(double, [inputs], SOON)) all.push(value);
              return all;
            },
          );
          return [one, mapped];
        },
      ]),
    ),
    outcome: { 'user 1': [2, [2, 4, 6]], 'user 2': [4, [4, 6, 8]] },
    then: ({ pool }) => pool.shutdown({ wait: false }),
    after: undefined,
  }),
  'ThreadPoolExecutor: keeps the class and message of what a task threw, and serves on': contract({
    share: (): Pooled => ({ pool: new ThreadPoolExecutor({ maxWorkers: 1 }) }),
    roles: {
      *user({ pool }) {
        const future = pool.submit(failOdd, 1);
        let thrown: unknown;
        try {
          yield* resultOf(future);
        } catch (error) {
          thrown = error;
        }
        return [
          thrown instanceof RangeError,
          (thrown as Error).message,
          yield* resultOf(pool.submit(failOdd, 2)),
        ];
      },
    },
    outcome: { user: [true, 'odd: 1', 2] },
    then: ({ pool }) => pool.shutdown({ wait: false }),
    after: undefined,
  }),
  'ThreadPoolExecutor: shutdown lets what was submitted be done, and refuses more to everybody': contract({
    share: () => ({
      pool: new ThreadPoolExecutor({ maxWorkers: 1 }),
      submitted: new Event(),
      closed: new Event(),
    }),
    roles: {
      *user({ pool, submitted, closed }) {
        const all = [1, 2, 3].map(n => pool.submit(double, n));
        submitted.set();
        yield* on(closed).wait(SOON);
        const results: unknown[] = [];
        for (const future of all) results.push(yield* resultOf(future));
        return [...results, refusalOf(() => pool.submit(double, 4)).split(':')[0]];
      },
      *closer({ pool, submitted, closed }) {
        yield* on(submitted).wait(SOON);
        yield* both<void>(
          () => pool.shutdown(),
          () => pool.shutdownAsync(),
        );
        const done = pool.completed;
        closed.set();
        return done;
      },
    },
    outcome: { user: [2, 4, 6, 'ThreadStateError'], closer: 3 },
  }),
  'Scheduler: runs what is due, by time and then by priority': contract({
    share: () => ({}),
    roles: {
      *one() {
        const ran: string[] = [];
        const scheduler = new Scheduler();
        scheduler.enter(10, 1, () => ran.push('later'));
        const cancelled = scheduler.enter(5, 1, () => ran.push('never'));
        const now = performance.now();
        scheduler.enterAbs(now + 1, 2, () => ran.push('second'));
        scheduler.enterAbs(now + 1, 1, () => ran.push('first'));
        scheduler.cancel(cancelled);
        const again = refusalOf(() => scheduler.cancel(cancelled)).split(':')[0];
        yield* on(scheduler).run();
        return [...ran, again, scheduler.empty];
      },
    },
    outcome: { one: ['first', 'second', 'later', 'RangeError', true] },
  }),
};

export const threadsAndFutures: Contracts = { ...threads, ...futures, ...pools };
