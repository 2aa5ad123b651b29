/** What an uncaught error does to the actor that threw it, by the error's class. */

/**
 * - `resume`: the message is dropped (a question rejects with the error), the state stays.
 * - `restart`: a fresh instance in place: same ref, mailbox kept, state new.
 * - `stop`: the actor ends with the error as its reason; a supervisor above may start it again.
 * - `escalate`: as `stop`, and its parent fails with the same error; at the top of the tree, where there is no parent, as `stop`.
 */
export type Directive = 'resume' | 'restart' | 'stop' | 'escalate';

// oxlint-disable-next-line typescript/no-explicit-any -- any class will do
type AnyClass = abstract new (...args: any[]) => unknown;

/** A class of errors (or a function that says yes to some), and what to do with them. */
export type FailureRule = readonly [AnyClass | ((error: unknown) => boolean), Directive];

const DIRECTIVES: readonly string[] = ['resume', 'restart', 'stop', 'escalate'];

/** The directive of the first rule that matches; `stop` without one. A rule that itself throws doesn't match. */
export function decide(error: unknown, rules: readonly FailureRule[]): Directive {
  for (const [match, directive] of rules) {
    try {
      if (isClass(match) ? error instanceof match : (match as (error: unknown) => boolean)(error))
        return directive;
    } catch {
      // The next rule.
    }
  }
  return 'stop';
}

/** Whether it is a class, not a function that says yes or no. */
export function isClass(value: unknown): value is AnyClass {
  return (
    typeof value === 'function' &&
    // Arrow functions have none, and most functions are some: to read the source of each takes longer than to start an actor.
    value.prototype !== undefined &&
    (value === Error ||
      value.prototype instanceof Error ||
      /^class\b/.test(Function.prototype.toString.call(value)))
  );
}

export function checkRules(rules: readonly FailureRule[], place: string): void {
  if (!Array.isArray(rules)) throw new TypeError(`${place}: onError must be an array of [class, directive]`);
  rules.forEach((rule, index) => {
    if (!Array.isArray(rule) || typeof rule[0] !== 'function') {
      throw new TypeError(`${place}: onError[${index}][0] must be a class or a function`);
    }
    if (!DIRECTIVES.includes(rule[1] as string)) {
      throw new TypeError(
        `${place}: onError[${index}][1] must be one of ${DIRECTIVES.join(', ')}, got ${String(rule[1])}`,
      );
    }
  });
}
