/**
 * What a thread runs, in three forms, and how each becomes a function again in another thread:
 *
 * - a task, declared at module level with `task(import.meta, function work() {…})`: its module is imported there, so imports and
 *   module scope work;
 * - an export of a module, by URL;
 * - an inline function: its source travels and is evaluated there, so it can't close over anything.
 */
import { NotShareableError, ThreadStateError } from '../errors.ts';

/** A function that runs in a thread: what it takes must be able to travel, and so must what it returns (or resolves to). */
// oxlint-disable-next-line typescript/no-explicit-any -- parameters are contravariant: `any` is the only type that all functions accept.
export type AnyFunction = (...args: any[]) => unknown;

const taskAddress: unique symbol = Symbol.for('heddle.task');

/** A function that other threads can find: callable as before, and a target for `Thread` and executors. */
export type Task<F extends AnyFunction> = F & {
  readonly [taskAddress]: { readonly module: string; readonly name: string };
};

/** An export of a module that threads import. */
export interface ExportTarget<F extends AnyFunction> {
  /** URL of the module: `new URL('./work.js', import.meta.url)`. */
  readonly module: URL | string;
  /** Name of the exported function; `'default'` if omitted. */
  readonly export?: string;
  /** Never there: carries the type. */
  readonly type?: F;
}

/** What `new Thread` takes. */
export type Target<F extends AnyFunction> = Task<F> | ExportTarget<F> | F;

/** What travels. */
export type TargetAddress =
  | readonly ['task', module: string, name: string]
  | readonly ['export', module: string, name: string]
  | readonly ['inline', source: string, name: string];

const tasks = new Map<string, AnyFunction>();
/** Modules whose import on behalf of a thread is under way here. */
let importing = 0;

/**
 * Declares a function at module level as a task, which threads can run: `export const work = task(import.meta, function work(n: number) {…})`.
 * Returns the same function. Threads find it by its module and its name; where there is none (minifiers drop them) or two have the same (bundlers
 * make one module of many), by its place among them, so declare tasks in the same order everywhere: not inside a condition. Throws `TypeError`
 * for what is no `import.meta` or no function.
 */
export function task<F extends AnyFunction>(meta: ImportMeta, fn: F): Task<F> {
  // First: who forgets it gives the function in its place.
  if (typeof meta?.url !== 'string')
    throw new TypeError(
      'task: the first argument must be import.meta of the module that declares the task; write task(import.meta, function work() { … })',
    );
  if (typeof fn !== 'function')
    throw new TypeError(`task: expected a function, got ${String(fn)} (${typeof fn})`);
  const name = vacantName(meta.url, fn.name);
  tasks.set(`${meta.url}#${name}`, fn);
  Object.defineProperty(fn, taskAddress, { value: { module: meta.url, name } });
  return fn as Task<F>;
}

/** `work`, `work~2`, `work~3` … */
function vacantName(module: string, name: string): string {
  const base = name === '' ? 'task' : name;
  let vacant = base;
  for (let n = 2; tasks.has(`${module}#${vacant}`); n++) vacant = `${base}~${n}`;
  return vacant;
}

/** Whether a function was declared by `task`. */
export function isTask(fn: object): boolean {
  return taskAddress in fn;
}

/** Says what to send for a target. Throws `TypeError` or `NotShareableError` for what no other thread could run. */
export function addressOf(target: unknown, place: string): TargetAddress {
  if (typeof target === 'function') {
    const declared = (target as Partial<Task<AnyFunction>>)[taskAddress];
    return declared === undefined
      ? inline(target as AnyFunction, place)
      : ['task', declared.module, declared.name];
  }
  if (typeof target === 'object' && target !== null && 'module' in target) {
    const { module, export: name = 'default' } = target as ExportTarget<AnyFunction>;
    const url = String(module);
    if (!URL.canParse(url)) {
      throw new TypeError(
        `${place}: module must be an absolute URL, got "${url}"; write new URL('${url}', import.meta.url)`,
      );
    }
    return ['export', url, name];
  }
  const keys = typeof target === 'object' && target !== null ? Object.keys(target) : [];
  const got = keys.length > 0 ? `an object with ${keys.join(', ')}` : `${String(target)} (${typeof target})`;
  throw new TypeError(`${place}: target must be a task, { module, export } or a function, got ${got}`);
}

function inline(fn: AnyFunction, place: string): TargetAddress {
  const source = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new NotShareableError(
      `${place}: the source of ${fn.name === '' ? 'this function' : `"${fn.name}"`} can't be had (it is bound or built in), so it can't travel; wrap it in a function, or declare a task`,
    );
  }
  if (/^class\b/.test(source))
    throw new NotShareableError(`${place}: a class can't be a thread's target; pass a function`);
  return ['inline', source, fn.name];
}

/** The name to show for a target, `''` if it has none. */
export function targetName(address: TargetAddress): string {
  return address[0] === 'export' && address[2] === 'default' ? '' : address[2];
}

const resolved = new Map<string, AnyFunction>();

/** Finds the function in this thread if that needs no import. */
export function resolveNow(address: TargetAddress): AnyFunction | undefined {
  return resolved.get(`${address[0]}\n${address[1]}\n${address[2]}`);
}

/** Finds the function in this thread, importing its module or evaluating its source once. */
export async function resolve(address: TargetAddress): Promise<AnyFunction> {
  const [form, where, name] = address;
  const fn = form === 'inline' ? evaluate(where, name) : await importTarget(form, where, name);
  resolved.set(`${form}\n${where}\n${name}`, fn);
  return fn;
}

/**
 * What the compiler wraps every computed `import()` in, so as to turn `.ts` into `.js`; its own version (see `noEmitHelpers` in tsconfig.json) is left out
 * because webpack's minimizer makes `import(a, b)` of it. The modules that come here are absolute and mean what they say.
 */
// @ts-expect-error -- used by the compiler's output only
// oxlint-disable-next-line no-unused-vars
const __rewriteRelativeImportExtension = (module: string): string => module;

async function importTarget(form: 'task' | 'export', module: string, name: string): Promise<AnyFunction> {
  importing += 1;
  let namespace: Record<string, unknown>;
  try {
    namespace = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as Record<
      string,
      unknown
    >;
  } catch (error) {
    explainWindowError(module, error);
    throw error;
  } finally {
    importing -= 1;
  }
  const found = form === 'task' ? tasks.get(`${module}#${name}`) : namespace[name];
  if (typeof found === 'function') return found as AnyFunction;
  throw new TypeError(
    form === 'task'
      ? `${module} was imported in a thread and didn't declare the task "${name}": declare it at module level, not inside a function or a condition`
      : `${module} has no exported function "${name}" (it exports: ${Object.keys(namespace).join(', ') || 'nothing'})`,
  );
}

/** Adds the cure to a ReferenceError from a module that expects a page around it. */
function explainWindowError(module: string, error: unknown): void {
  if (!(error instanceof ReferenceError) || !/\b(document|window)\b/.test(error.message)) return;
  error.message +=
    `: ${module} was imported in a thread, which has no page. Put what needs the page into main(import.meta, async () => { … }), ` +
    'and with Vite set build.modulePreload to { polyfill: false }';
}

/** Names that the engine says are not defined, in an inline function: nearly always variables of the place where it was written. */
function evaluate(source: string, name: string): AnyFunction {
  const indirectEval = eval;
  let fn: unknown;
  try {
    fn = indirectEval(`(${source})`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // A method's source, `work() {…}`, is an expression only inside an object.
    fn = Object.values(indirectEval(`({${source}})`) as object)[0];
  }
  if (typeof fn !== 'function')
    throw new TypeError(`the source of "${name}" didn't give a function in the thread`);
  return fn as AnyFunction;
}

/** Adds the cure to a ReferenceError that an inline function threw because its surroundings didn't travel. */
export function explainInlineError(address: TargetAddress, error: unknown): void {
  if (address[0] !== 'inline' || !(error instanceof ReferenceError)) return;
  const match = /^(\S+) is not defined$/.exec(error.message);
  if (match === null) return;
  error.message +=
    `: an inline function runs in another thread and can't close over variables. Pass "${match[1]}" in args, import it inside the function, ` +
    'or declare the function at module level with task(import.meta, …)';
}

/**
 * Throws when a module that is just being imported for a task starts a thread at its top level: each thread would start another, for ever.
 * The same trap as Python's, with the same cure.
 */
export function assertNotImporting(place: string): void {
  if (importing === 0) return;
  throw new ThreadStateError(
    `${place}: this module is being imported by a thread that wants one of its tasks, and starts threads at its top level. ` +
      "Put the program's own part into main(import.meta, async () => { … }), which runs only where the program began",
  );
}
