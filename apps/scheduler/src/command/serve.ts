// `serve`: puts the parts together, and takes them apart again in order.

import { currentThread } from '@heddle/core';
import { describeReport, type Report } from '@heddle/actors';
import { type Logger, destination, pino } from 'pino';
import type { Config } from '../config/config.ts';
import { Engine } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/events.ts';
import { HttpServer } from '../http/server.ts';
import { Runners } from '../run/runners.ts';
import { openStore } from '../store/open.ts';
import { explain } from '../store/sqlite.ts';
import { isFenced } from '../store/lease.ts';
import { formatDuration } from '../time/duration.ts';
import { machineClock } from '../time/clock.ts';
import { count } from '../count.ts';
import { EXIT, describe } from '../trouble.ts';

/** Pages of the database at most; for tests of a full disk. */
const MAX_PAGES = Number(process.env['HEDDLE_SCHEDULER_MAX_PAGES'] ?? 0);

/** Runs the scheduler until a signal comes, or it can't go on. Resolves to the exit code. */
export async function serve(config: Config, started: () => void = () => {}): Promise<number> {
  const begun = performance.now();
  const log = makeLog(config.logLevel);
  const clock = machineClock;
  let trouble: string | undefined;
  let finish: (code: number) => void;
  const finished = new Promise<number>(resolve => {
    finish = resolve;
  });
  const { store, reader, token, close } = openStore(config.db, {
    clock,
    maxPages: MAX_PAGES,
    onTrouble(error) {
      const before = trouble;
      trouble = error === undefined ? undefined : describe(explain(config.db, error));
      if (trouble === before) return;
      if (trouble === undefined) log.info('the database can be written again');
      else log.error({ actor: 'store' }, `${trouble}. Nothing begins until it can be written`);
      server?.changed();
    },
    onEnd(error) {
      if (isFenced(error)) log.fatal(`${describe(error)}: this one ends`);
      else log.fatal({ err: error }, 'the database thread has failed');
      finish(isFenced(error) ? EXIT.fenced : EXIT.failure);
    },
  });
  const runners = new Runners({
    size: config.workers,
    clock,
    jobs: config.jobs,
    allowShell: config.shell !== 'off',
    outputLimit: config.outputLimit,
    maxHeapMiB: config.maxHeapMiB,
    report: report => logReport(log, report),
  });
  const engine: Engine = new Engine({
    clock,
    store,
    reader,
    executor: runners,
    token,
    stopGrace: config.stopGrace,
    onEvent(event) {
      logEvent(log, event);
      server?.changed();
    },
  });
  let server: HttpServer | undefined;
  const listeners = new Map<NodeJS.Signals, () => void>();
  try {
    server = new HttpServer({
      host: config.host,
      port: config.port,
      token: config.token,
      hosts: config.hosts,
      clock,
      log,
      api: {
        engine,
        reader,
        token,
        threads: runners,
        trouble: () => trouble,
        now: () => clock.wall(),
        shell: config.shell,
        jobs: config.jobs,
        inspect: () => runners.inspect(),
      },
    });
    const page = await server.listen();
    engine.start();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const listener = (): void => {
        // The second one does what it does in any program.
        for (const [each, registered] of listeners) process.removeListener(each, registered);
        log.info(
          `${signal}: what runs gets ${formatDuration(config.shutdownGrace)} to come to its end; a second ${signal} ends it at once`,
        );
        finish(EXIT.ok);
      };
      listeners.set(signal, listener);
      process.on(signal, listener);
    }
    const { size } = engine.jobs;
    const seconds = ((performance.now() - begun) / 1000).toFixed(2);
    log.info(
      { page, db: config.db, jobs: size, threads: config.workers, token },
      `${count(size, 'job', 'jobs')}, ready after ${seconds} s: ${page}`,
    );
    started();
    const code = await finished;
    await engine.stop(code === EXIT.ok ? config.shutdownGrace : 0);
    return code;
  } finally {
    await server?.close();
    await runners.close();
    await close();
    log.info('ended');
    log.flush();
  }
}

/** Lines of JSON on standard error, with the thread's name; standard output is for results. */
function makeLog(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => ({ thread: currentThread().name }),
    },
    destination({ fd: 2, sync: true }),
  );
}

function logReport(log: Logger, report: Report): void {
  const actor = 'path' in report ? report.path : undefined;
  const isExpected = report.type === 'restarted' || report.type === 'supervisor';
  log[isExpected ? 'info' : 'warn']({ actor, report: report.type }, describeReport(report).split('\n')[0]!);
}

function logEvent(log: Logger, event: EngineEvent): void {
  switch (event.type) {
    case 'over': {
      const { run, state, end } = event;
      const fields = {
        job: run.job.id,
        run: run.id,
        attempt: run.attempt,
        state,
        ms: end === undefined ? undefined : end.endedAt - end.startedAt,
      };
      if (state === 'succeeded') log.debug(fields, 'run succeeded');
      else if (state === 'cancelled') log.info(fields, 'run cancelled');
      else
        log.warn(
          { ...fields, error: end?.error?.split('\n')[0] },
          state === 'timedOut' ? 'run timed out' : 'run failed',
        );
      return;
    }
    case 'retry': {
      const { run, error, inMs } = event;
      log.warn(
        { job: run.job.id, run: run.id, attempt: run.attempt, error: error?.split('\n')[0] },
        `attempt failed, next in ${formatDuration(inMs)}`,
      );
      return;
    }
    case 'jump':
      log.warn(
        `the machine's clock was set ${event.ms < 0 ? 'back' : 'forward'} by ${formatDuration(Math.abs(event.ms))}`,
      );
      return;
    case 'missed':
      log.warn({ job: event.job }, `${count(event.count, 'time', 'times')} passed without a run`);
      return;
    case 'recovered':
      log.warn(
        `${count(event.interrupted, 'run was interrupted and begins', 'runs were interrupted and begin')} again; ` +
          count(event.waiting, 'was waiting', 'were waiting'),
      );
      return;
    case 'change':
  }
}
