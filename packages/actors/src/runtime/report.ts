/** What the runtime has to say about crashes and supervision: as objects to whoever listens, as lines to standard error by default. */
import { describeReason } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { Directive } from '../supervision/decide.ts';

/** One thing worth telling. */
export type Report =
  /** An actor threw, or ended for an abnormal reason of its own. */
  | {
      readonly type: 'crash';
      readonly path: string;
      readonly reason: ExitReason;
      /** The `type` (or `call`) of the message that was being handled, or `typeof` it; `undefined` if it was none. */
      readonly message: string | undefined;
      /** How often the actor has been restarted before. */
      readonly restarts: number;
      /** What is done about it. */
      readonly directive: Directive;
    }
  /** Source: OTP's supervisor reports. */
  | {
      readonly type: 'supervisor';
      readonly path: string;
      readonly error: 'childTerminated' | 'startError' | 'shutdownError' | 'shutdown';
      readonly child: string | undefined;
      readonly reason: ExitReason;
    }
  /** An actor was restarted, in place or by its supervisor. */
  | { readonly type: 'restarted'; readonly path: string; readonly restarts: number }
  /** A `stopped` or `restarting` hook, a listener, or a priority function threw. */
  | {
      readonly type: 'callbackFailed';
      readonly path: string;
      readonly callback: string;
      readonly error: unknown;
    }
  /** A step of a stop. */
  | { readonly type: 'graceElapsed'; readonly path: string; readonly afterMs: number }
  /** A scheduler thread has died; another takes its place. */
  | {
      readonly type: 'threadDied';
      readonly thread: string;
      /** How it ended is its `detail`, if that is known. */
      readonly reason: ExitReason;
      /** The path of the actor whose turn it was, if it was one's. */
      readonly running: string | undefined;
    }
  /** A thread didn't end although its actors had been killed. */
  | { readonly type: 'threadTerminated'; readonly thread: string; readonly afterMs: number }
  /** A supervisor got a message that it doesn't know. */
  | { readonly type: 'unexpectedMessage'; readonly path: string; readonly message: unknown }
  /** Dead letters since the last such report, by reason. */
  | {
      readonly type: 'deadLetters';
      readonly count: number;
      readonly reasons: Readonly<Record<string, number>>;
    };

/** A report in one line; a crash is followed by its stack. */
export function describeReport(report: Report): string {
  switch (report.type) {
    case 'crash': {
      const doing = report.message === undefined ? '' : ` at message ${report.message}`;
      const head = `Actor ${report.path} failed${doing} (restarted ${times(report.restarts)} before): ${report.directive}`;
      const { reason } = report;
      const stack = reason.type === 'error' && reason.error instanceof Error ? reason.error.stack : undefined;
      return `${head}: ${stack ?? describeReason(reason)}`;
    }
    case 'supervisor': {
      const child = report.child === undefined ? '' : `, child ${report.child}`;
      return `Supervisor ${report.path}${child}: ${report.error}: ${describeReason(report.reason)}`;
    }
    case 'restarted':
      return `Actor ${report.path} was restarted (${times(report.restarts)} by now)`;
    case 'callbackFailed':
      return `Actor ${report.path}: ${report.callback} failed: ${describeReason({ type: 'error', error: report.error })}`;
    case 'graceElapsed':
      return `Actor ${report.path} didn't end within ${report.afterMs} ms and is killed`;
    case 'threadDied': {
      const { thread, reason, running } = report;
      const how = reason.type === 'threadDied' && reason.detail !== undefined ? `: ${reason.detail}` : '';
      const whose = running === undefined ? '' : ` in the turn of ${running}`;
      return `Thread ${thread} has died${whose}, and its actors with it; another takes its place${how}`;
    }
    case 'threadTerminated':
      return `Thread ${report.thread} didn't end within ${report.afterMs} ms and is terminated`;
    case 'unexpectedMessage':
      return `Supervisor ${report.path} got a message that it doesn't know: ${describeReason({ type: 'error', error: report.message })}`;
    default: {
      const reasons = Object.entries(report.reasons).map(([reason, count]) => `${count} ${reason}`);
      return `${report.count} dead ${report.count === 1 ? 'letter' : 'letters'}: ${reasons.join(', ')}`;
    }
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** What a message is called in a report. */
export function messageName(message: unknown): string {
  if (typeof message !== 'object' || message === null)
    return typeof message === 'string' ? message.slice(0, 80) : String(message);
  const { type, call, request } = message as { type?: unknown; call?: unknown; request?: unknown };
  if (type === 'comlink' && typeof request === 'object' && request !== null) return methodName(request);
  if (typeof type === 'string') return type;
  if (typeof call === 'string') return call;
  return message.constructor?.name ?? 'object';
}

/** Of a call of `wrap`: the method, or the property that is read or set. */
function methodName(request: { readonly type?: unknown; readonly path?: unknown }): string {
  const path = Array.isArray(request.path) ? request.path.join('.') : '';
  return request.type === 'APPLY' ? `${path}()` : path;
}
