/** Scripts for supervisors: a tree, and steps that happen to it. Made by chance from a seed, made smaller when they show a difference, and written as Erlang terms. */
import { seededRandom } from '../../src/testkit/index.ts';

type Outcome = 'ok' | 'ignore' | 'error';
export type Why = 'normal' | 'shutdown' | 'shutdownWith' | 'error' | 'kill';

export interface Node {
  readonly id: string;
  readonly restart: 'permanent' | 'transient' | 'temporary';
  readonly significant: boolean;
  /** `short`: 10 ms, real ones in Erlang. */
  readonly shutdown: 'brutal' | 'short' | 'long';
  /** What its starts do, one by one; the last counts for all that follow. */
  readonly plan: readonly Outcome[];
  /** Doesn't end when it is asked to. */
  readonly stubborn: boolean;
  readonly tree: Tree | undefined;
}

export interface Tree {
  readonly strategy: 'oneForOne' | 'oneForAll' | 'restForOne' | 'dynamic';
  readonly intensity: number;
  /** Seconds. */
  readonly period: number;
  readonly auto: 'never' | 'anySignificant' | 'allSignificant';
  readonly children: readonly Node[];
}

export type Call =
  | { readonly do: 'start'; readonly sup: string; readonly what: Node | string }
  | { readonly do: 'terminate' | 'restart' | 'delete'; readonly sup: string; readonly id: string };

export type Step =
  | Call
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'reconfigure'; readonly sup: string; readonly tree: Tree }
  /** While the supervisor is held, children end and then somebody calls it. */
  | {
      readonly do: 'burst';
      readonly sup: string;
      readonly exits: readonly { readonly id: string; readonly why: Why }[];
      readonly call: Call | undefined;
    };

export interface Script {
  readonly seed: number;
  readonly tree: Tree;
  readonly steps: readonly Step[];
}

const IDS = ['a', 'b', 'c', 'd'];
const PERIOD_S = 1000;

export function randomScript(seed: number): Script {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const chance = (p: number): boolean => random() < p;

  function plan(): Outcome[] {
    if (chance(0.6)) return ['ok'];
    return pick<Outcome[]>([
      ['ok', 'error', 'ok'],
      ['ok', 'error', 'error', 'ok'],
      ['ok', 'error'],
      ['ok', 'ignore', 'ok'],
      ['ignore', 'ok'],
      ['ignore'],
      ...(chance(0.3) ? [['error', 'ok'] as Outcome[]] : []),
    ]);
  }

  function node(id: string, depth: number, auto: Tree['auto']): Node {
    const inner = depth > 0 && chance(0.3) ? tree(depth - 1) : undefined;
    const restart = pick(['permanent', 'permanent', 'transient', 'temporary'] as const);
    const stubborn = inner === undefined && chance(0.1);
    // Now and then a combination that isn't allowed.
    const allowed = restart !== 'permanent' && auto !== 'never';
    return {
      id,
      restart,
      significant: allowed && chance(0.5),
      shutdown: stubborn ? 'short' : pick(['long', 'long', inner === undefined ? 'brutal' : 'long'] as const),
      plan: inner === undefined ? plan() : ['ok'],
      stubborn,
      tree: inner,
    };
  }

  function template(auto: Tree['auto']): Node {
    const made = node('', 0, auto);
    // In OTP 25 a dynamic child that ignores when it is restarted stays as one without a process, and the supervisor crashes at its own end. Ours is gone.
    return made.plan[0] === 'ok' && made.plan.includes('ignore') ? { ...made, plan: ['ok'] } : made;
  }

  function tree(depth: number): Tree {
    const strategy = pick([
      'oneForOne',
      'oneForAll',
      'restForOne',
      'oneForAll',
      'restForOne',
      'dynamic',
    ] as const);
    const auto = pick(['never', 'never', 'anySignificant', 'allSignificant'] as const);
    const count = below(5);
    return {
      strategy,
      intensity: pick([0, 1, 2, 3, 5]),
      period: PERIOD_S,
      auto,
      children:
        strategy === 'dynamic' ? [template(auto)] : IDS.slice(0, count).map(id => node(id, depth, auto)),
    };
  }

  const root = tree(2);
  const sups = supervisorsOf(root);
  // Each child of a dynamic supervisor has a label of its own.
  let labels = 0;
  const fresh = (): string => `k${(labels += 1)}`;
  const someId = (at: Tree): string => (at.strategy === 'dynamic' ? `k${1 + below(labels)}` : pick(IDS));

  function call([sup, at]: [string, Tree] = pick(sups)): Call {
    const what = pick(['start', 'start', 'terminate', 'restart', 'delete'] as const);
    if (what !== 'start') return { do: what, sup, id: someId(at) };
    if (at.strategy === 'dynamic') return { do: 'start', sup, what: fresh() };
    const spec = node(pick(IDS), 0, at.auto);
    return { do: 'start', sup, what: chance(0.05) ? { ...spec, significant: true } : spec };
  }

  function step(): Step {
    const kind = random();
    if (kind < 0.08) return { do: 'advance', seconds: pick([400, 700]) };
    if (kind < 0.4) return call();
    const [sup, at] = pick(sups);
    if (kind < 0.45) {
      const made = tree(0);
      // A child that is running may be a stubborn one; supervisors have all the time that they need.
      const inner = new Set(at.children.filter(each => each.tree !== undefined).map(({ id }) => id));
      const children = made.children.filter(({ id }) => !inner.has(id));
      const was = at.children[0]?.restart;
      // OTP has thrown away the arguments of temporary dynamic children, and couldn't start them again.
      const restartOf = (restart: Node['restart']): Node['restart'] => {
        if (at.strategy !== 'dynamic') return restart;
        if (was === 'temporary') return 'temporary';
        return restart === 'temporary' ? 'transient' : restart;
      };
      const changed = {
        ...made,
        children: children.map(each => ({
          ...each,
          shutdown: 'short' as const,
          restart: restartOf(each.restart),
          significant: each.significant && restartOf(each.restart) !== 'permanent',
        })),
      };
      const isDynamic = at.strategy === 'dynamic';
      if ((changed.strategy === 'dynamic') === isDynamic) return { do: 'reconfigure', sup, tree: changed };
    }
    const exits = Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => ({
      id: someId(at),
      why: pick<Why>(['normal', 'shutdown', 'shutdownWith', 'error', 'error', 'error', 'kill']),
    }));
    const chosen = new Map(exits.map(each => [each.id, each]));
    // An inner supervisor may be restarted meanwhile: OTP's new one knows nothing of the call, ours has the same address and answers it.
    const called = sup === '' && chance(0.3) ? call([sup, at]) : undefined;
    return { do: 'burst', sup, exits: [...chosen.values()], call: called };
  }

  // A dynamic supervisor begins empty.
  const first = sups
    .filter(([, { strategy }]) => strategy === 'dynamic')
    .flatMap(([sup]) =>
      Array.from({ length: 1 + below(4) }, (): Step => ({ do: 'start', sup, what: fresh() })),
    );
  return { seed, tree: root, steps: [...first, ...Array.from({ length: 2 + below(9) }, step)] };
}

/** All supervisors of a tree, with their paths; the root's is ''. */
export function supervisorsOf(tree: Tree, path = ''): [string, Tree][] {
  return [
    [path, tree],
    ...tree.children.flatMap(({ id, tree: inner }) =>
      inner === undefined ? [] : supervisorsOf(inner, `${path}/${id}`),
    ),
  ];
}

// ── Smaller ones ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Scripts that are simpler by one thing. */
export function* simpler(script: Script): Generator<Script> {
  const { steps, tree } = script;
  for (let n = 0; n < steps.length; n++) yield { ...script, steps: steps.toSpliced(n, 1) };
  for (let n = 0; n < steps.length; n++) {
    const step = steps[n]!;
    if (step.do !== 'burst') continue;
    if (step.call !== undefined) yield { ...script, steps: steps.with(n, { ...step, call: undefined }) };
    if (step.exits.length < 2) continue;
    for (let m = 0; m < step.exits.length; m++)
      yield { ...script, steps: steps.with(n, { ...step, exits: step.exits.toSpliced(m, 1) }) };
  }
  for (const smaller of simplerTrees(tree)) yield { ...script, tree: smaller };
}

function* simplerTrees(tree: Tree): Generator<Tree> {
  const { children } = tree;
  if (tree.strategy !== 'dynamic')
    for (let n = 0; n < children.length; n++) yield { ...tree, children: children.toSpliced(n, 1) };
  if (tree.auto !== 'never' && children.every(({ significant }) => !significant))
    yield { ...tree, auto: 'never' };
  for (const [n, child] of children.entries()) {
    const put = (changed: Partial<Node>): Tree => ({
      ...tree,
      children: children.with(n, { ...child, ...changed }),
    });
    if (child.tree !== undefined) {
      yield put({ tree: undefined });
      for (const smaller of simplerTrees(child.tree)) yield put({ tree: smaller });
    }
    if (child.plan.length > 1 || child.plan[0] !== 'ok') yield put({ plan: ['ok'] });
    if (child.plan.length > 2) yield put({ plan: child.plan.slice(0, -1) });
    if (child.stubborn) yield put({ stubborn: false });
    if (child.shutdown !== 'long' && !child.stubborn) yield put({ shutdown: 'long' });
    if (child.significant) yield put({ significant: false });
    if (child.restart !== 'permanent' && !child.significant) yield put({ restart: 'permanent' });
  }
}

// ── Erlang terms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const STRATEGIES = {
  oneForOne: 'one_for_one',
  oneForAll: 'one_for_all',
  restForOne: 'rest_for_one',
  dynamic: 'simple_one_for_one',
};
const AUTO = { never: 'never', anySignificant: 'any_significant', allSignificant: 'all_significant' };
const SHUTDOWN = { brutal: 'brutal_kill', short: '10', long: '60000' };
const WHY = {
  normal: 'normal',
  shutdown: 'shutdown',
  shutdownWith: '{shutdown, why}',
  error: 'crash',
  kill: 'kill',
};

export function toErlang({ seed, tree, steps }: Script): string {
  return `{${seed}, ${treeTerm(tree)}, [${steps.map(stepTerm).join(', ')}]}.`;
}

function treeTerm(tree: Tree): string {
  const { strategy, intensity, period, auto, children } = tree;
  return (
    `#{strategy => ${STRATEGIES[strategy]}, intensity => ${intensity}, period => ${period}, ` +
    `auto => ${AUTO[auto]}, children => [${children.map(nodeTerm).join(', ')}]}`
  );
}

function nodeTerm({ id, restart, significant, shutdown, plan, stubborn, tree }: Node): string {
  return (
    `#{id => "${id}", restart => ${restart}, significant => ${significant}, shutdown => ${SHUTDOWN[shutdown]}, ` +
    `plan => [${plan.join(', ')}], stubborn => ${stubborn}, tree => ${tree === undefined ? 'none' : treeTerm(tree)}}`
  );
}

function stepTerm(step: Step): string {
  switch (step.do) {
    case 'advance':
      return `{advance, ${step.seconds}}`;
    case 'reconfigure':
      return `{reconfigure, "${step.sup}", ${treeTerm(step.tree)}}`;
    case 'burst': {
      const exits = step.exits.map(({ id, why }) => `{"${id}", ${WHY[why]}}`).join(', ');
      return `{burst, "${step.sup}", [${exits}], ${step.call === undefined ? 'none' : stepTerm(step.call)}}`;
    }
    case 'start': {
      const what = typeof step.what === 'string' ? `{label, "${step.what}"}` : nodeTerm(step.what);
      return `{start, "${step.sup}", ${what}}`;
    }
    default:
      return `{${step.do}, "${step.sup}", "${step.id}"}`;
  }
}
