/** Who failed, why, at which message, and what a thread was at when it died. */
import { setExceptHook } from '@heddle/core';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem, Supervisor, exit, supervisor } from '../src/index.ts';
import type { Context, Report } from '../src/index.ts';
import { describeReport } from '../src/runtime/report.ts';
import { fetcher, frail, frailDigger } from './crash-reports.fixture.ts';

const slow = { timeout: 60_000 };

afterEach(() => setExceptHook(undefined));

async function supervised(start: typeof frail | typeof frailDigger, placement: 'parent' | 'leastLoaded') {
  const reports: Report[] = [];
  const system = new ActorSystem({ threads: 1, report: report => reports.push(report) });
  const child = { id: 'it', start, options: { placement } } as const;
  const sup = new Supervisor(system.spawn(supervisor({ intensity: 10, children: [child] }), { name: 'sup' }));
  const ref = (await sup.child(frail, 'it'))!;
  const ping = () => ref.ask({ type: 'ping' }, slow);
  expect(await ping()).toBe('pong');
  const said = async (type: Report['type']): Promise<Report> => {
    for (;;) {
      const found = reports.find(report => report.type === type);
      if (found !== undefined) return found;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  return { system, ref, ping, said };
}

test.each([
  [frail, 'parent'],
  [frail, 'leastLoaded'],
  [frailDigger, 'parent'],
  [frailDigger, 'leastLoaded'],
] as const)('%o (placement %s): path, reason, last message', slow, async (start, placement) => {
  const { system, ref, ping, said } = await supervised(start, placement);
  await using _system = system;
  ref.tell({ type: 'fail' });
  expect(await ping()).toBe('pong');
  const crash = await said('crash');
  expect(crash).toMatchObject({ path: '/sup/it', message: 'fail', restarts: 0, directive: 'stop' });
  expect(describeReport(crash)).toMatch(
    /^Actor \/sup\/it failed at message fail \(restarted 0 times before\): stop: RangeError: as told/,
  );
});

test(
  'a dedicated actor that fails before its first message, or after its last, fails at none',
  slow,
  async () => {
    const reports: Report[] = [];
    await using system = new ActorSystem({ threads: 0, report: report => reports.push(report) });
    const early = system.spawn(frailDigger, { args: [true], name: 'early' });
    await early.whenStopped(slow);
    const late = system.spawn(frailDigger, { args: [false], name: 'late' });
    expect(await late.ask({ type: 'ping' }, slow)).toBe('pong');
    await system.stop(late);
    expect(reports.filter(({ type }) => type === 'crash')).toMatchObject([
      { path: '/early', message: undefined },
      { path: '/late', message: undefined },
    ]);
  },
);

test.each([
  ['exit', 'process.exit(3) was called in it', '/sup/it'],
  ['failLater', 'TypeError: later', undefined],
  ['burn', 'it was terminated', '/sup/it'],
] as const)('a thread that dies (%s): how, and in whose turn', slow, async (type, detail, running) => {
  setExceptHook(() => {});
  const { system, ref, ping, said } = await supervised(frail, 'leastLoaded');
  await using _system = system;
  const runs = async (path: string | undefined): Promise<void> => {
    while (system.inspectThreads().find(({ thread }) => thread === 1)?.running !== path)
      await new Promise(resolve => setTimeout(resolve, 5));
  };
  // An answer leaves before its turn is over: not that turn is to be seen below.
  if (type === 'burn') await runs(undefined);
  ref.tell({ type });
  if (type === 'burn') {
    await runs('/sup/it');
    system.threads.threads[0]!.terminate();
  }
  const report = await said('threadDied');
  expect(report).toEqual({
    type: 'threadDied',
    thread: 'actors-1',
    reason: exit.threadDiedWith((report as { reason: { detail?: string } }).reason.detail!),
    running,
  });
  expect(describeReport(report)).toContain(detail);
  expect(describeReport(report)).toMatch(
    running === undefined
      ? /^Thread actors-1 has died, and/
      : /^Thread actors-1 has died in the turn of \/sup\/it, and/,
  );
  expect(await ping()).toBe('pong');
});

test.each(['parent', 'leastLoaded'] as const)(
  'a dedicated actor (placement %s) that awaits a fetch is told of its stop by the signal',
  slow,
  async placement => {
    const server = createServer(() => {});
    await new Promise<void>(resolve => server.listen(0, resolve));
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    const said: string[] = [];
    const log = system.spawn((_context: Context<string>) => text => void said.push(text));
    const ref = system.spawn(fetcher, { args: [log], placement });
    ref.tell(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    while (said.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    expect(await system.stop(ref, slow)).toEqual(exit.shutdown);
    while (said.length < 3) await new Promise(resolve => setTimeout(resolve, 5));
    expect(said).toEqual(['begun', 'AbortError', 'aborted: true']);
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  },
);
