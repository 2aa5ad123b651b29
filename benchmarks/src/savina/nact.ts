/** nact as a kit: one thread, a promise for each message. */
/* oxlint-disable typescript/no-generated-empty-object-type -- to TypeScript nact's refs are empty objects */
import { dispatch, spawnStateless, start, stop } from 'nact';
import type { Ref as NactRef } from 'nact';
import { timedAsync } from '../harness.ts';
import type { Round } from '../harness.ts';
import type { Bench, Message, Self } from './bench.ts';

type Any = NactRef<Message>;

export function nactSide(bench: Bench): Round {
  const system = start();
  let names = 0;
  const spawn = (role: string, args: readonly unknown[]): Any => {
    let handle: ((message: Message) => void) | undefined;
    const ref: Any = spawnStateless(system, (message: Message) => handle!(message), `a${(names += 1)}`);
    handle = bench.roles[role]!(selfOf(ref), ...args);
    return ref;
  };
  const tell: Self['tell'] = (to, message) => dispatch(to as Any, message);
  const selfOf = (ref: Any | undefined): Self => ({
    self: ref,
    tell,
    spawn,
    stop: () => stop(ref as never),
  });
  return operations =>
    timedAsync(
      () =>
        new Promise<number>(resolve => {
          const done: Any = spawnStateless(system, (result: number) => resolve(result), `a${(names += 1)}`);
          bench.start(selfOf(undefined), operations, done);
        }),
    );
}
