/**
 * Failures that nobody looked at: a future whose task threw, and of which nobody asked for the result, the error or the promise. They are reported through
 * the exception hook when that is certain: when the future is collected, or when the thread that submitted the task ends.
 */
import { i32 } from '../atomics.ts';
import { ident } from '../memory/agent.ts';
import { AGENT } from '../memory/layout.ts';
import { selfAgent } from '../parking/guard.ts';
import { handleUncaught } from '../thread/except-hook.ts';
import { atThreadExit } from '../thread/scope.ts';

interface Failure {
  readonly error: unknown;
}

const failures = new Set<Failure>();
const collected = new FinalizationRegistry<Failure>(failure => {
  if (failures.delete(failure)) report(failure);
});
let registeredFor = 0;

function report({ error }: Failure): void {
  handleUncaught(i32[selfAgent + AGENT.thread]!, error);
}

function reportAll(): void {
  registeredFor = 0;
  const all = [...failures];
  failures.clear();
  all.forEach(report);
}

/** Notes a failure; `forgetFailure` takes it back once somebody looks. */
export function noteFailure(future: object, error: unknown): object {
  const failure: Failure = { error };
  failures.add(failure);
  collected.register(future, failure, failure);
  if (registeredFor !== ident) {
    registeredFor = ident;
    atThreadExit(reportAll);
  }
  return failure;
}

export function forgetFailure(failure: object): void {
  failures.delete(failure as Failure);
  collected.unregister(failure);
}
