/**
 * OTP's supervisor: an actor that starts its children in order, restarts them by its strategy, gives up when they fail too often, and stops them in
 * reverse order.
 *
 * | what comes | who decides |
 * |---|---|
 * | a call | `calls.ts` |
 * | the end of a child; a restart to be tried again | `restarts.ts` |
 * | its own end | `children.ts` stops them all |
 *
 * Everything is done one after the other: while a child starts or stops, calls and exits wait, as they do in OTP.
 */
import { checkDeclaration, declare } from '../behavior/actor.ts';
import type { Actor } from '../behavior/actor.ts';
import type { ClosureBehavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import { Next, next } from '../behavior/next.ts';
import type { Keeper } from '../runtime/cell/state.ts';
import { Calls } from './calls.ts';
import { checkSupervisor, markSupervisor } from './child-spec.ts';
import type { FullOptions, SupervisorOptions } from './child-spec.ts';
import { Children } from './children.ts';
import { exit } from './exit-reason.ts';
import { isSupervisorMessage } from './protocol.ts';
import type { SupervisorMessage } from './protocol.ts';
import { Restarts, TryAgain } from './restarts.ts';

/**
 * Declares a supervisor. With `import.meta` it is declared at module level under the function's name, and its options are made anew at each of its starts; without,
 * it runs on the thread that spawns it. `next.ignore()` instead of options says that it isn't wanted after all.
 *
 * Specs are checked before anything starts: `TypeError` and `RangeError` name the field and the value.
 *
 * @example
 * const shop = supervisor({
 *   strategy: 'oneForAll',
 *   children: [{ id: 'stock', start: stock, args: [100] }, { id: 'till', start: till }],
 * });
 */
export function supervisor(options: SupervisorOptions): Actor<SupervisorMessage, []>;
// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
export function supervisor<A extends any[]>(
  meta: ImportMeta,
  init: (...args: A) => SupervisorOptions | Next,
): Actor<SupervisorMessage, A>;
export function supervisor(
  first: SupervisorOptions | ImportMeta,
  init?: (...args: never[]) => SupervisorOptions | Next,
): Actor<SupervisorMessage, never[]> {
  let made: Actor<SupervisorMessage, never[]>;
  if (init === undefined) {
    const options = checkSupervisor(first as SupervisorOptions);
    made = {
      name: 'supervisor',
      module: undefined,
      options: { shutdown: 'infinity' },
      setup: context => begin(context, options),
    };
  } else {
    checkDeclaration('supervisor', first as ImportMeta, init);
    made = declare(
      (first as ImportMeta).url,
      init.name,
      (context: Context<SupervisorMessage>, ...args: never[]) => beginWith(context, init(...args)),
      { shutdown: 'infinity' },
    );
  }
  markSupervisor(made);
  return made;
}

function beginWith(
  context: Context<SupervisorMessage>,
  made: SupervisorOptions | Next,
): Promise<SupervisorBehavior | Next> | Next {
  return made instanceof Next ? made : begin(context, checkSupervisor(made));
}

type SupervisorBehavior = ClosureBehavior<SupervisorMessage> & { readonly keeper: Keeper };

/** Starts the children in order; if one fails, those before it are stopped, and the reason says which and why. */
async function begin(
  context: Context<SupervisorMessage>,
  options: FullOptions,
): Promise<SupervisorBehavior | Next> {
  context.trapExit = true;
  const children = new Children(context.cell, options);
  if (!children.isDynamic) for (const spec of options.children) children.enter(spec);
  for (const child of children.all) {
    const started = await children.start(child);
    if (started.outcome !== 'error') continue;
    children.report('startError', child, started.reason);
    await children.stopAll();
    return next.stop(exit.shutdownWith({ failedToStartChild: child.spec.id, reason: started.reason }));
  }
  const calls = new Calls(children);
  const restarts = new Restarts(children);
  return {
    receive(message: SupervisorMessage | TryAgain) {
      if (message instanceof TryAgain) return restarts.again(message);
      if (isSupervisorMessage(message)) return calls.answer(message);
      const { path, runtime } = context.cell;
      runtime.report({ type: 'unexpectedMessage', path, message });
      return undefined;
    },
    keeper: {
      childExited: (cell, life, reason) => restarts.exited(cell, life, reason),
      stopChildren: () => children.stopAll(),
    },
  };
}
