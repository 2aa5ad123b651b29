/** Runs a script on our supervisors, under virtual time, and writes down what happened in the words of `oracle.erl`. */
import { Supervisor, SupervisorError, behavior, exit, next, supervisor } from '../../src/index.ts';
import type {
  ActorRef,
  ChildInfo,
  ChildSpec,
  Context,
  ExitReason,
  SupervisorMessage,
  SupervisorOptions,
} from '../../src/index.ts';
import { TestSystem } from '../../src/testkit/index.ts';
import type { Call, Node, Script, Step, Tree, Why } from './script.ts';

interface Die {
  readonly type: 'die';
  readonly why: Why;
}

const SHUTDOWN = { brutal: 'brutal', short: 10, long: 60_000 } as const;
const REASONS: Record<Exclude<Why, 'error'>, ExitReason> = {
  normal: exit.normal,
  shutdown: exit.shutdown,
  shutdownWith: exit.shutdownWith('why'),
  kill: exit.killed,
};
const REPORTS = {
  childTerminated: 'child_terminated',
  startError: 'start_error',
  shutdownError: 'shutdown_error',
  shutdown: 'shutdown',
};

/** More than any stop of a script takes, and little against a period. */
const PAUSE_MS = 1000;

const sup = supervisor({ url: 'test:oracle' } as ImportMeta, function sup(world: World, path: string) {
  return world.optionsOf(path);
});

export async function runOurs(script: Script): Promise<string[]> {
  return new World(script).run();
}

class World {
  readonly kit: TestSystem;
  readonly #script: Script;
  readonly #lines: string[] = [];
  readonly #trees = new Map<string, Tree>();
  readonly #refs = new Map<string, ActorRef<never>>();
  readonly #starts = new Map<string, number>();
  /** Paths of dynamic children, by the system's own. */
  readonly #names = new Map<string, string>();
  readonly #running = new Set<string>();
  readonly #supervisors = new Set<string>();

  constructor(script: Script) {
    this.#script = script;
    this.kit = new TestSystem({
      seed: script.seed,
      onEvent: event => {
        if (event.type === 'started') {
          const path = this.#pathOf(event.path);
          if (event.outcome === 'ok') this.#running.add(path);
          this.#lines.push(`${{ ok: '+', ignore: '?', error: '!' }[event.outcome]} ${path}`);
        } else if (event.type === 'exited') {
          const path = this.#pathOf(event.path);
          if (this.#running.delete(path)) this.#lines.push(`- ${path} ${reasonText(event.reason)}`);
        } else if (event.type === 'supervisor') {
          const at = this.#pathOf(event.path);
          const child = this.#pathOf(`${event.path}/${event.child}`).slice(at.length + 1);
          this.#lines.push(`r ${at} ${REPORTS[event.error]} ${child} ${reasonText(event.reason)}`);
        }
      },
    });
  }

  #pathOf(path: string): string {
    return this.#names.get(path) ?? path.replace(/^\/root/, '');
  }

  async run(): Promise<string[]> {
    const { kit } = this;
    this.#plant('', this.#script.tree);
    this.#refs.set('', kit.spawn(sup, { name: 'root', args: [this, ''] }) as ActorRef<never>);
    await this.#settle();
    for (const step of this.#script.steps) {
      if (!this.#isRunning('')) break;
      this.#lines.push(`step ${step.do}`);
      const result = await this.#step(step);
      await this.#settle();
      this.#lines.push(`= ${result}`);
      for (const path of [...this.#trees.keys()].sort()) {
        if (this.#isRunning(path) && this.#isSupervisor(path)) this.#lines.push(await this.#state(path));
      }
    }
    if (this.#isRunning('')) {
      this.#lines.push('stop');
      await kit.until(kit.system.stop());
    }
    await this.#settle();
    return this.#lines;
  }

  async #settle(): Promise<void> {
    await this.kit.settle();
    await this.kit.advance(PAUSE_MS);
    // Inner supervisors are known to the outer ones; parents come first.
    for (const path of [...this.#trees.keys()].sort()) {
      const end = path.lastIndexOf('/');
      const above = path === '' ? undefined : this.#supAt(path.slice(0, end));
      if (above === undefined) continue;
      const children = await this.kit.until(above.children());
      const ref = children.find(({ id }) => id === path.slice(end + 1))?.ref;
      if (ref !== undefined) this.#refs.set(path, ref);
    }
  }

  #isRunning(path: string): boolean {
    return this.#refs.get(path)?.alive === true;
  }

  /** Whether what runs there is one: a worker may have taken the place of one, and the reverse. */
  #isSupervisor(path: string): boolean {
    return this.#supervisors.has(path);
  }

  #plant(path: string, tree: Tree): void {
    this.#trees.set(path, tree);
    for (const { id, tree: inner } of tree.children)
      if (inner !== undefined) this.#plant(`${path}/${id}`, inner);
  }

  optionsOf(path: string): SupervisorOptions {
    this.#supervisors.add(path);
    const { strategy, intensity, period, auto, children } = this.#trees.get(path)!;
    return {
      strategy,
      intensity,
      period: period * 1000,
      autoShutdown: auto,
      children: children.map(node => this.#spec(path, node)),
    };
  }

  #spec(path: string, node: Node): ChildSpec {
    const { id, restart, significant, shutdown, tree } = node;
    const own = `${path}/${id}`;
    const rest = { restart, significant, shutdown: SHUTDOWN[shutdown] };
    if (tree !== undefined) return { id, start: sup, args: [this, own], ...rest };
    return { ...(id !== '' && { id }), start: worker, args: [this, own, node], ...rest };
  }

  /** What a start of this child does, by its plan. */
  begin(path: string, node: Node, context: Context<Die>): 'ok' | 'ignore' | 'error' {
    this.#names.set(context.path, path);
    this.#supervisors.delete(path);
    const count = (this.#starts.get(path) ?? 0) + 1;
    this.#starts.set(path, count);
    const outcome = node.plan[Math.min(count, node.plan.length) - 1]!;
    if (outcome === 'ok') this.#refs.set(path, context.self as ActorRef<never>);
    return outcome;
  }

  async #step(step: Step): Promise<string> {
    if (step.do === 'advance') {
      await this.kit.advance(step.seconds * 1000);
      return 'ok';
    }
    if (step.do === 'reconfigure') return this.#reconfigure(step.sup, step.tree);
    if (step.do !== 'burst') return this.kit.until(this.#call(step));
    if (this.#supAt(step.sup) === undefined) return 'noTarget';
    const held = this.#refs.get(step.sup)!;
    this.kit.hold(held);
    let dead = 0;
    for (const { id, why } of step.exits) {
      const path = `${step.sup}/${id}`;
      const ref = this.#refs.get(path);
      if (ref === undefined || !this.#isRunning(path) || this.#isSupervisor(path)) continue;
      dead += 1;
      if (why === 'kill') this.kit.system.exit(ref, exit.killed);
      else (ref as ActorRef<Die>).tell({ type: 'die', why });
      await this.kit.settle();
    }
    const called = step.call === undefined ? undefined : this.#call(step.call);
    await this.kit.settle();
    this.kit.release(held);
    return `${dead} ${called === undefined ? '-' : await this.kit.until(called)}`;
  }

  #supAt(path: string): Supervisor | undefined {
    return this.#isRunning(path) && this.#isSupervisor(path)
      ? new Supervisor(this.#refs.get(path) as ActorRef<SupervisorMessage>)
      : undefined;
  }

  async #reconfigure(path: string, tree: Tree): Promise<string> {
    const at = this.#supAt(path);
    if (at === undefined) return 'noTarget';
    this.#plant(path, tree);
    return this.kit.until(at.reconfigure(this.optionsOf(path)).then(() => 'ok', codeOf));
  }

  #call(call: Call): Promise<string> {
    const at = this.#supAt(call.sup);
    if (at === undefined) return Promise.resolve('noTarget');
    const isDynamic = this.#trees.get(call.sup)!.strategy === 'dynamic';
    if (call.do === 'start') {
      const { what } = call;
      if (typeof what !== 'string' && what.tree !== undefined)
        this.#plant(`${call.sup}/${what.id}`, what.tree);
      return at
        .startChild(typeof what === 'string' ? [what] : this.#spec(call.sup, what))
        .then(startedText, codeOf);
    }
    if (call.do === 'restart') return at.restartChild(call.id).then(startedText, codeOf);
    if (call.do === 'delete') return at.deleteChild(call.id).then(() => 'ok', codeOf);
    const path = `${call.sup}/${call.id}`;
    if (isDynamic && !this.#isRunning(path)) return Promise.resolve('noTarget');
    return at.terminateChild(isDynamic ? this.#refs.get(path)! : call.id).then(() => 'ok', codeOf);
  }

  async #state(path: string): Promise<string> {
    const at = this.#supAt(path)!;
    const children = (await this.kit.until(at.children())).map(child => this.#childText(child));
    if (this.#trees.get(path)!.strategy === 'dynamic') children.sort();
    const { specs, active, supervisors, workers } = await this.kit.until(at.count());
    return `s ${path}: ${children.join(',')} | ${[specs, active, supervisors, workers].join(' ')}`;
  }

  #childText({ id, ref, status }: ChildInfo): string {
    if (id !== undefined) return `${id} ${status}`;
    return ref === undefined ? status : this.#pathOf(ref.path);
  }
}

function worker(context: Context<Die>, world: World, template: string, node: Node, label = '') {
  const outcome = world.begin(template + label, node, context);
  if (outcome === 'ignore') return next.ignore();
  if (outcome === 'error') throw new RangeError('refused');
  let dying = false;
  return behavior<Die>({
    receive({ why }) {
      dying = true;
      if (why === 'error') throw new Error('crash');
      return next.stop(REASONS[why]);
    },
    stopped: () => (node.stubborn && !dying ? new Promise(() => {}) : undefined),
  });
}

function reasonText(reason: ExitReason): string {
  if (reason.type === 'shutdown') return 'detail' in reason ? 'shutdown+' : 'shutdown';
  return reason.type;
}

function startedText({ ref }: { readonly ref: unknown }): string {
  return ref === undefined ? 'ignored' : 'started';
}

function codeOf(error: unknown): string {
  if (error instanceof SupervisorError) return error.code;
  return error instanceof TypeError ? 'invalid' : 'died';
}
