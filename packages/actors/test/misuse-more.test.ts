/** Wrong values where a user may put them: each error names the place and the value. */
import { expect, test } from 'vitest';
import { ActorSystem } from '../src/index.ts';
import type { ActorRef, Context } from '../src/index.ts';
import { instrument, observe } from '../src/opentelemetry/index.ts';
import { BehaviorKit, TestSystem } from '../src/testkit/index.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- what JavaScript lets through
type Any = any;

async function surroundings() {
  const kit = new TestSystem();
  let context!: Context<never>;
  const ref = kit.spawn(
    (made: Context<never>) => {
      context = made;
      return () => {};
    },
    { name: 'it' },
  );
  await kit.settle();
  return {
    kit: kit as Any,
    system: kit.system as Any,
    ref: ref as ActorRef<never> as Any,
    context: context as Any,
  };
}
type Around = Awaited<ReturnType<typeof surroundings>>;

test.each<[place: string, call: (it: Around) => unknown, text: string]>([
  ['stop', it => it.system.stop('x'), 'stop: expected the ref of an actor, got x (string)'],
  [
    'stop',
    it => it.system.stop(it.ref, { timout: 1 }),
    'stop /it: there is no option "timout"; there are reason, timeout, signal',
  ],
  [
    'stop',
    it => it.system.stop(it.ref, { signal: 5 }),
    'stop /it: signal must be an AbortSignal, got 5 (number)',
  ],
  ['ask', it => it.ref.ask({}, { signal: 5 }), 'ask /it: signal must be an AbortSignal, got 5 (number)'],
  [
    'send',
    it => it.ref.send({}, { signal: null }),
    'send /it: signal must be an AbortSignal, got null (object)',
  ],
  [
    'whenStopped',
    it => it.ref.whenStopped({ signal: 'x' }),
    'whenStopped /it: signal must be an AbortSignal, got x (string)',
  ],
  ['adapter', it => it.context.adapter(5), 'adapter: expected a function that translates, got 5 (number)'],
  ['pipeToSelf', it => it.context.pipeToSelf(5, () => 1), 'pipeToSelf: expected a promise, got 5 (number)'],
  [
    'pipeToSelf',
    it => it.context.pipeToSelf(Promise.resolve(), 6),
    'a function that makes a message of the value, got 6 (number)',
  ],
  [
    'subscribe',
    it => it.system.deadLetters.subscribe(it.ref),
    'deadLetters.subscribe: expected a function, got',
  ],
  [
    'ActorSystem',
    () => new ActorSystem(5 as Any),
    'ActorSystem: what it is given must be an object of options, got 5 (number)',
  ],
  [
    'ActorSystem',
    () => new ActorSystem({ report: 5 } as Any),
    'ActorSystem: report must be a function, got 5 (number)',
  ],
  [
    'ActorSystem',
    () => new ActorSystem({ inspect: 5 } as Any),
    'ActorSystem: inspect must be true, false or the path of a socket, got 5 (number)',
  ],
  [
    'ActorSystem',
    () => new ActorSystem({ name: 5 } as Any),
    'ActorSystem: name must be a string, got 5 (number)',
  ],
  ['instrument', () => instrument(5 as Any), 'instrument: expected options, got 5 (number)'],
  [
    'instrument',
    () => instrument({ tracr: 5 } as Any),
    'instrument: there is no option "tracr"; there are tracer, meter',
  ],
  [
    'instrument',
    () => instrument({ tracer: 5 } as Any),
    'instrument: tracer must be a Tracer of @opentelemetry/api, got 5 (number)',
  ],
  [
    'instrument',
    () => instrument({ meter: {} } as Any),
    'instrument: meter must be a Meter of @opentelemetry/api, got',
  ],
  ['observe', () => observe(5 as Any), 'observe: expected an ActorSystem, got 5 (number)'],
  [
    'observe',
    it => observe(it.system, 5 as Any),
    'observe: meter must be a Meter of @opentelemetry/api, got 5 (number)',
  ],
  ['advance', it => it.kit.advance('x'), 'advance: expected 0 or more milliseconds, got x (string)'],
  ['advance', it => it.kit.advance(-1), 'advance: expected 0 or more milliseconds, got -1 (number)'],
  ['steps', it => it.kit.steps('x'), 'steps: expected a whole number from 0, got x (string)'],
  ['until', it => it.kit.until(5), 'until: expected a promise, got 5 (number)'],
  ['hold', it => it.kit.hold(5), 'TestSystem: expected the ref of an actor, got 5 (number)'],
  [
    'BehaviorKit',
    () => BehaviorKit.start(() => () => {}, { arg: [] } as Any),
    'BehaviorKit: there is no option "arg"; there are args, name',
  ],
])('%s: %s', async (_place, call, text) => {
  const it = await surroundings();
  await expect((async () => it.kit.until(Promise.resolve(await call(it))))()).rejects.toThrow(text);
});
