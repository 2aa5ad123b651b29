/**
 * Decides whether a history is linearizable (Wing and Gong, 1993), just in time (Lowe, 2017): walks along the clock with the set of all
 * *configurations* that can be true by now, and lets an operation take effect no earlier than where one that returns needs it.
 *
 * ```
 *  configuration = the model's state, and which of the operations in flight have taken effect
 *  a call     adds an operation to those in flight
 *  a return   keeps the configurations in which it has taken effect, or can: after some of the others in flight, in any order
 *  none left  the history isn't linearizable, and the set before says what could have been
 * ```
 * Configurations with equal states and equal sets are one (the memory that makes Wing and Gong's search feasible), so the work grows with the length of the
 * history and only with what is in flight at the same time exponentially.
 */
import { HistoryFailure } from './failure.ts';
import type { Model } from './model.ts';
import type { Operation } from './operation.ts';

/** How far to go. */
export interface LinearizableOptions {
  /** Gives up beyond so many configurations at a time, with a `RangeError`: too much is in flight at once. Default 200,000. */
  readonly maxConfigurations?: number;
}

interface Configuration<State> {
  readonly state: State;
  /** Operations in flight that have taken effect, by their number. */
  readonly done: ReadonlySet<number>;
}

/** Where a history stops being linearizable. */
export interface Contradiction {
  /** The history up to there, what hadn't returned by then as in flight. */
  readonly operations: readonly Operation[];
  /** The one that can't have returned what it returned. */
  readonly culprit: Operation;
  /** What the state may have been before, as the model shows it. */
  readonly before: readonly string[];
}

const MAXIMUM = 200_000;
/** How long to look for a shorter history that fails. */
const SHORTEN_MS = 3000;

/**
 * Checks that a history is linearizable: that there is one moment for each call, between its beginning and its end, such that what all calls returned
 * is what the model says when they happen at those moments, one after the other. Throws `HistoryFailure`, whose message shows the shortest
 * part that contradicts the model; `TypeError` for a call that the model doesn't know, `RangeError` when there are too many possibilities.
 *
 * @example
 * ```ts
 * const history = [
 *   { thread: 'A', name: 'put', args: [1], from: 0, to: 3 },
 *   { thread: 'B', name: 'get', args: [], from: 1, to: 2, result: 1 }, // before put() returned, but after it was called
 * ];
 * checkLinearizable(history, queueModel());
 * ```
 */
export function checkLinearizable<State>(
  history: readonly Operation[],
  model: Model<State>,
  options: LinearizableOptions = {},
): void {
  const failure = findNonLinearizable(history, model, options);
  if (failure !== undefined) throw failure;
}

/** As `checkLinearizable`, for histories that are expected to be wrong: returns the failure, or `undefined` when there is none. */
export function findNonLinearizable<State>(
  history: readonly Operation[],
  model: Model<State>,
  options: LinearizableOptions = {},
): HistoryFailure | undefined {
  const maximum = options.maxConfigurations ?? MAXIMUM;
  for (const part of byObject(history)) {
    const found = contradiction(part, model, maximum);
    if (found === undefined) continue;
    return new HistoryFailure(shortened(found, model, maximum), model, part.length);
  }
  return undefined;
}

function byObject(history: readonly Operation[]): Operation[][] {
  const parts = new Map<string | undefined, Operation[]>();
  for (const operation of history) {
    if (!(operation.to > operation.from)) {
      throw new RangeError(
        `checkLinearizable: ${operation.name}() ends at ${operation.to}, which isn't after its beginning at ${operation.from}; both are times of one clock that all threads share`,
      );
    }
    const part = parts.get(operation.object);
    if (part === undefined) parts.set(operation.object, [operation]);
    else part.push(operation);
  }
  return [...parts.values()];
}

function contradiction<State>(
  history: readonly Operation[],
  model: Model<State>,
  maximum: number,
): Contradiction | undefined {
  const events = history
    .flatMap((operation, number) => [
      { time: operation.from, number, isReturn: false },
      ...(operation.to === Infinity ? [] : [{ time: operation.to, number, isReturn: true }]),
    ])
    // At the same time means: in either order.
    .toSorted((a, b) => a.time - b.time || Number(a.isReturn) - Number(b.isReturn));
  const inFlight = new Set<number>();
  let configurations: Array<Configuration<State>> = [{ state: model.initial(), done: new Set() }];
  for (const { number, isReturn, time } of events) {
    if (!isReturn) {
      inFlight.add(number);
      continue;
    }
    const next = afterReturn(configurations, number, inFlight, history, model, maximum);
    if (next.length === 0) {
      const culprit = history[number]!;
      return {
        operations: history
          .filter(operation => operation.from < time)
          .map(operation => (operation.to > time ? unfinished(operation) : operation)),
        culprit,
        before: [...new Set(configurations.map(({ state }) => model.show(state)))],
      };
    }
    inFlight.delete(number);
    configurations = next;
  }
  return undefined;
}

/** As it was before anybody knew how it would end. */
function unfinished({ result: _result, threw: _threw, ...operation }: Operation): Operation {
  return { ...operation, to: Infinity };
}

/** All configurations in which the operation has taken effect by now. It is left out of them: from here on it is no longer in flight. */
function afterReturn<State>(
  configurations: ReadonlyArray<Configuration<State>>,
  number: number,
  inFlight: ReadonlySet<number>,
  history: readonly Operation[],
  model: Model<State>,
  maximum: number,
): Array<Configuration<State>> {
  const found = new Map<string, Configuration<State>>();
  const seen = new Set<string>();
  const stack = [...configurations];
  const others = new Map<number, Operation[]>();
  const othersThan = (candidate: number): Operation[] => {
    const known = others.get(candidate);
    if (known !== undefined) return known;
    const all = [...inFlight].filter(each => each !== candidate).map(each => history[each]!);
    others.set(candidate, all);
    return all;
  };
  while (stack.length > 0) {
    const { state, done } = stack.pop()!;
    if (done.has(number)) {
      const rest = new Set(done);
      rest.delete(number);
      found.set(keyOf(model.show(state), rest), { state, done: rest });
      continue;
    }
    for (const candidate of inFlight) {
      if (done.has(candidate)) continue;
      const after = model.step(state, history[candidate]!, othersThan(candidate));
      if (after === undefined) continue;
      const together = new Set(done).add(candidate);
      const key = keyOf(model.show(after), together);
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > maximum) {
        throw new RangeError(
          `checkLinearizable: more than ${maximum} configurations with ${inFlight.size} operations in flight; record fewer threads, or split the history by object`,
        );
      }
      stack.push({ state: after, done: together });
    }
  }
  return [...found.values()];
}

function keyOf(state: string, done: ReadonlySet<number>): string {
  return `${[...done].toSorted((a, b) => a - b).join()}|${state}`;
}

/** Leaves out, bit by bit, all that is about things which the contradiction doesn't need. */
function shortened<State>(found: Contradiction, model: Model<State>, maximum: number): Contradiction {
  if (model.about === undefined) return found;
  let best = found;
  const until = performance.now() + SHORTEN_MS;
  const about = (operation: Operation): string | undefined => model.about!(operation);
  const things = [...new Set(found.operations.map(about))].filter(thing => thing !== undefined);
  for (let size = Math.ceil(things.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < things.length && performance.now() < until;) {
      const dropped = new Set(things.slice(at, at + size));
      const rest = best.operations.filter(operation => {
        const thing = about(operation);
        return thing === undefined || !dropped.has(thing);
      });
      const still = contradiction(rest, model, maximum);
      if (still === undefined) at += size;
      else {
        best = still;
        things.splice(at, size);
      }
    }
  }
  // What never had a say: calls in flight.
  for (const operation of best.operations.filter(each => each.to === Infinity)) {
    const still = contradiction(
      best.operations.filter(each => each !== operation),
      model,
      maximum,
    );
    if (still !== undefined && still.culprit.name === best.culprit.name) best = still;
  }
  return best;
}
