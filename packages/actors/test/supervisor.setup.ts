/** What the supervisor tests have in common: children that do as they are told, and a supervisor under virtual time. */
import { Supervisor, behavior, next, supervisor } from '../src/index.ts';
import type { ActorRef, ChildInfo, ChildSpec, Context, ExitReason, SupervisorOptions } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';

export type Command =
  | { readonly type: 'stop'; readonly reason: ExitReason }
  | { readonly type: 'crash' }
  /** Handles nothing more, for ever. */
  | { readonly type: 'hang' };

/** What the setup functions of children do, start by start: `plan.get(id)` is looked at each time. */
export type Start = 'ok' | 'ignore' | 'error' | 'info' | 'hang';

/** A child whose starts follow a plan; the last entry counts for all that follow. */
export function worker(plan: readonly Start[] = ['ok'], onStop?: (reason: ExitReason) => unknown) {
  let starts = 0;
  return function worker(_context: Context<Command>, ...args: unknown[]) {
    const how = plan[Math.min(starts, plan.length - 1)];
    starts += 1;
    if (how === 'ignore') return next.ignore();
    if (how === 'error') throw new RangeError('start refused');
    if (how === 'hang') return new Promise<never>(() => {});
    const receive = (message: Command): unknown => {
      if (message.type === 'stop') return next.stop(message.reason);
      if (message.type === 'crash') throw new Error('crash');
      return new Promise<never>(() => {});
    };
    const made = behavior<Command>(onStop === undefined ? { receive } : { receive, stopped: onStop });
    return how === 'info' ? next.started(made, ['info', ...args]) : made;
  };
}

export function spec(
  id: string,
  rest: Omit<ChildSpec, 'id' | 'start'> & { readonly start?: ChildSpec['start'] } = {},
): ChildSpec {
  return { start: worker(), ...rest, id };
}

export interface Fixture {
  readonly kit: TestSystem;
  readonly sup: Supervisor;
  /** Waits for a call. */
  call<T>(promise: Promise<T>): Promise<T>;
  tell(id: string, command: Command): Promise<void>;
  refOf(id: string): Promise<ActorRef<Command>>;
  statuses(): Promise<string[]>;
  counts(): Promise<number[]>;
  /** Starts and ends since the last look, without the supervisor's path. */
  trace(): string[];
}

export async function start(options: SupervisorOptions, seed?: number): Promise<Fixture> {
  const kit = new TestSystem(seed === undefined ? {} : { seed });
  const sup = new Supervisor(kit.spawn(supervisor(options), { name: 'sup' }));
  await kit.settle();
  const call = <T>(promise: Promise<T>): Promise<T> => kit.until(promise);
  const list = (): Promise<ChildInfo[]> => call(sup.children());
  const refOf = async (id: string): Promise<ActorRef<Command>> => {
    const ref = (await list()).find(child => child.id === id)?.ref;
    if (ref === undefined) throw new Error(`child ${id} isn't running`);
    return ref as ActorRef<Command>;
  };
  let seen = 0;
  return {
    kit,
    sup,
    call,
    refOf,
    async tell(id, command) {
      const ref = await refOf(id);
      ref.tell(command);
      await kit.settle();
    },
    async statuses() {
      return (await list()).map(({ id, status }) => `${id} ${status}`);
    },
    async counts() {
      const { specs, active, supervisors, workers } = await call(sup.count());
      return [specs, active, supervisors, workers];
    },
    trace() {
      const since = kit.trace.slice(seen);
      seen = kit.trace.length;
      return since.map(line => line.replace('/sup/', ''));
    },
  };
}

export const crash: Command = { type: 'crash' };
export const hang: Command = { type: 'hang' };
export const stopWith = (reason: ExitReason): Command => ({ type: 'stop', reason });
