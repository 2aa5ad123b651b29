/**
 * Has the engine's own collector run, from within a job, and says whether it has.
 *
 * Nothing in the language asks for that. What V8 does by itself is to collect when what ArrayBuffers hold outside of its heap has grown; so a large one is made and
 * dropped, which costs no memory, since nobody touches its pages. It may take several until a collection that began after this call has ended: a canary tells.
 *
 * What a WeakRef was made for, or has been asked for, is kept until the job ends, and that of a thread that blocks in a loop ends with the thread. Node and Deno let go of it at the end
 * of any queue of microtasks, also of one that belongs to a context of our own and is empty: no code of the user's runs. A program that holds something by nothing but a WeakRef
 * in the middle of a job may find it gone after a call that collects; it would after any `await`.
 */
const LEAST_BALLAST_BYTES = 2 ** 27;
/** With so much it's nearly always the second attempt, with half of it one of the first twenty, with an eighth not always one of sixty. */
let ballastBytes = 2 ** 31;
const MOST_TRIES = 32;
/** Where nobody lets go of anything within a job, the canary says nothing. */
const BLIND_TRIES = 2;

interface Script {
  runInContext(context: object): unknown;
}

interface Vm {
  createContext(globals: object, options: { microtaskMode: 'afterEvaluate' }): object;
  Script: new (source: string) => Script;
}

interface Process {
  getBuiltinModule?(id: string): unknown;
  readonly versions?: Readonly<Record<string, string | undefined>>;
}

const { process, navigator } = globalThis as {
  process?: Process;
  navigator?: { readonly userAgent?: string };
};
const isV8 =
  process?.versions?.bun === undefined &&
  (process?.versions?.v8 !== undefined || navigator?.userAgent?.includes('Chrome/') === true);

let letGo: (() => void) | undefined;
let letsGo = true;

function prepare(): () => void {
  try {
    const { createContext, Script } = process!.getBuiltinModule!('node:vm') as Vm;
    const context = createContext({}, { microtaskMode: 'afterEvaluate' });
    const nothing = new Script('0');
    return () => void nothing.runInContext(context);
  } catch {
    letsGo = false;
    return () => {};
  }
}

/** An object that nothing but a WeakRef will refer to, once it is let go of. */
interface Canary {
  object: object | undefined;
  readonly ref: WeakRef<object>;
}

/**
 * The oldest first: an object that has lived for a while is not collected but by a collection of the whole heap, and one that is as young as the attempt says nothing. Each is asked once, since it is
 * kept from then on.
 */
const canaries: Canary[] = [];

/** To be called some time before the first collection: canaries have to grow old. */
export function prepareToCollect(): void {
  while (canaries.length < 2 * MOST_TRIES) {
    const object = {};
    canaries.push({ object, ref: new WeakRef(object) });
  }
}

/** Takes some milliseconds, and as long as the engine needs for all of its heap. False where the engine can't be made to, or doesn't say. */
export function collect(): boolean {
  if (!isV8) return false;
  letGo ??= prepare();
  if (!letsGo) {
    for (let n = 0; n < BLIND_TRIES; n++) dropBallast(LEAST_BALLAST_BYTES);
    return false;
  }
  prepareToCollect();
  let isFirst = true;
  let before: Canary | undefined;
  for (let n = 0; n < MOST_TRIES; n++) {
    const canary = canaries.shift()!;
    canary.object = undefined;
    letGo();
    // A system that doesn't give away more than it has may refuse.
    while (!dropBallast(ballastBytes)) {
      if (ballastBytes === LEAST_BALLAST_BYTES) return false;
      ballastBytes /= 2;
    }
    if (before === undefined || before.ref.deref() !== undefined) before = canary;
    // The first to die says that a collection has ended. It may have begun before this call and have come by what was garbage by then: so there must be one that began later.
    else if (isFirst) {
      isFirst = false;
      before = undefined;
    } else return true;
  }
  return false;
}

function dropBallast(bytes: number): boolean {
  try {
    void new ArrayBuffer(bytes);
    return true;
  } catch {
    return false;
  }
}
