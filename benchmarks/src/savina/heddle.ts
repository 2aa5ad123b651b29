/** Heddle's actors as a kit: all on the calling thread, or on it and a scheduler thread, where the benchmark wants them or where they are by default. */
import { ActorSystem, actor, behavior, next } from '@heddle/actors';
import type { ActorRef, Context, StateBehavior } from '@heddle/actors';
import { timedAsync } from '../harness.ts';
import type { Round } from '../harness.ts';
import { benchOf } from './bench.ts';
import type { Bench, Message, Ref, Self } from './bench.ts';

type Any = ActorRef<Message>;

const unprepared = (): void => {};

/** What an actor may do. A class, and not an object of closures: what the kit costs must not hide what the actor does. */
class Part implements Self {
  readonly #context: Context<Message>;
  readonly #spawn: SpawnIn;
  handle: (message: Message) => void = unprepared;
  over = false;

  constructor(context: Context<Message>, spawn: SpawnIn) {
    this.#context = context;
    this.#spawn = spawn;
  }

  get self(): Any {
    return this.#context.self;
  }

  tell(ref: Ref, message: Message): void {
    (ref as Any).tell(message);
  }

  spawn(role: string, args: readonly unknown[], place?: number): Any {
    return this.#spawn(this.#context, role, args, place);
  }

  stop(): void {
    this.over = true;
  }
}

/** One actor in its role. */
function play(
  bench: Bench,
  spawn: SpawnIn,
  context: Context<Message>,
  role: string,
  args: readonly unknown[],
): StateBehavior<Part, Message> {
  const state = new Part(context, spawn);
  state.handle = bench.roles[role]!(state, ...args);
  return behavior({ state, receive });
}

function receive(part: Part, message: Message) {
  part.handle(message);
  return part.over ? next.stop() : undefined;
}

type SpawnIn = (
  context: Pick<Context<Message>, 'spawn'>,
  role: string,
  args: readonly unknown[],
  place: number | undefined,
) => Any;

function round(system: ActorSystem, bench: Bench, spawn: SpawnIn): Round {
  return operations =>
    timedAsync(
      () =>
        new Promise<number>(resolve => {
          const done = system.spawn((_context: Context<number>) => (result: number) => {
            resolve(result);
            return next.stop();
          });
          const self: Self = {
            self: undefined,
            tell: (ref, message) => (ref as Any).tell(message),
            spawn: (role, args, place) => spawn(system as never, role, args, place),
            stop: () => {},
          };
          bench.start(self, operations, done);
        }),
    );
}

export function heddleOneCore(bench: Bench): Round {
  return besideParents(bench, 0);
}

/** As without a word about placement: each beside its parent, though there is a second thread. */
export function heddleByDefault(bench: Bench): Round {
  return besideParents(bench, 1);
}

function besideParents(bench: Bench, threads: number): Round {
  const system = new ActorSystem({ threads });
  const spawn: SpawnIn = (context, role, args) =>
    context.spawn((own: Context<Message>) => play(bench, spawn, own, role, args));
  return round(system, bench, spawn);
}

/** What a thread starts for a role of a benchmark; the module is imported once a thread. */
export const shell = actor(
  import.meta,
  function shell(context: Context<Message>, url: string, role: string, args: readonly unknown[]) {
    const bench = benchOf(url);
    const begin = (known: Bench) => play(known, spawnShell(url), context, role, args);
    return bench === undefined ? import(url).then(() => begin(benchOf(url)!)) : begin(bench);
  },
);

function spawnShell(url: string): SpawnIn {
  return (context, role, args, place) => {
    const where = place === undefined ? 'parent' : place % 2 === 0 ? 'main' : 'leastLoaded';
    return context.spawn(shell, { args: [url, role, args], placement: where });
  };
}

export async function heddleTwoCores(bench: Bench, url: string): Promise<Round> {
  const system = new ActorSystem({ threads: 1 });
  return round(system, bench, spawnShell(url));
}
