/**
 * The thread's name on the lines of a logger: `threadBindings` for loggers that ask at each line, `getLogger` for those that make children. Which logger is
 * the user's own affair.
 */
import { threadValues } from './scope.ts';
import { currentThread } from './current-thread.ts';

/** What a log line says about its thread. Source: `threadName` and `thread` of Python's log records. */
export interface ThreadBindings {
  /** The thread's name as it is now. */
  readonly thread: string;
  /** Its number in this runtime. */
  readonly ident: number;
}

/**
 * Returns the current thread's name and ident, for a logger that takes a function to be asked at each line: pino's `mixin`, a format of winston's. Costs about a microsecond.
 * Never blocks.
 *
 * @example
 * ```ts
 * const { thread, ident } = threadBindings();
 * thread; // => 'MainThread'
 * ident; // => 1
 * ```
 */
export function threadBindings(): ThreadBindings {
  const thread = currentThread();
  return { thread: thread.name, ident: thread.ident! };
}

/** A logger whose children carry more on each line: pino's, bunyan's, winston's. */
export interface ParentLogger {
  child(bindings: ThreadBindings & { readonly name?: string }): unknown;
}

/** A logger with methods that take what is to be written: the console. */
export interface LineLogger {
  debug?(...args: unknown[]): unknown;
  log?(...args: unknown[]): unknown;
  info?(...args: unknown[]): unknown;
  warn?(...args: unknown[]): unknown;
  error?(...args: unknown[]): unknown;
}

const LEVELS = ['trace', 'debug', 'log', 'info', 'warn', 'error'] as const;

/** What was made for a logger and a name, and the thread's name then, which may change. */
interface Bound {
  readonly thread: string;
  readonly logger: unknown;
}

/** Where a thread keeps what it has bound; no other thread on the same worker gets it. */
const BOUND = {};

/**
 * Returns a logger whose lines carry the current thread's name and ident: a child of `logger` with `thread` and `ident` (and `name`, if given) bound, or for a
 * `console` an object whose methods begin their lines with `[thread]` or `[thread name]`. The same one each time in a thread, until the thread is renamed. Call it where
 * a line is written, not at module level: a worker runs many threads. Never blocks.
 *
 * Throws `TypeError` for what is no logger and for a name that is no string. Source: Python's `logging.getLogger`, and `%(threadName)s` in its formats.
 *
 * @example
 * ```ts
 * const lines: unknown[][] = [];
 * const log = getLogger({ info: (...line: unknown[]) => void lines.push(line) }, 'kitchen');
 * log.info('opening');
 * lines; // => [['[MainThread kitchen]', 'opening']]
 * ```
 */
export function getLogger<L extends ParentLogger>(logger: L, name?: string): ReturnType<L['child']>;
export function getLogger<L extends LineLogger>(logger: L, name?: string): L;
export function getLogger(logger: ParentLogger | LineLogger, name?: string): unknown {
  const isParent = checkLogger(logger);
  if (name !== undefined && typeof name !== 'string')
    throw new TypeError(`getLogger: name must be a string, got ${String(name)} (${typeof name})`);
  const bindings = threadBindings();
  const bound = boundTo(logger);
  const known = bound.get(name);
  if (known?.thread === bindings.thread) return known.logger;
  const made = isParent
    ? (logger as ParentLogger).child(name === undefined ? bindings : { name, ...bindings })
    : withPrefix(logger, `[${bindings.thread}${name === undefined ? '' : ` ${name}`}]`);
  bound.set(name, { thread: bindings.thread, logger: made });
  return made;
}

/** Whether it makes children. */
function checkLogger(logger: unknown): boolean {
  const given = (typeof logger === 'object' || typeof logger === 'function' ? logger : undefined) as
    | Record<string, unknown>
    | null
    | undefined;
  if (typeof given?.['child'] === 'function') return true;
  if (LEVELS.some(level => typeof given?.[level] === 'function')) return false;
  throw new TypeError(
    `getLogger: expected a logger with child(), as pino's, or with methods such as info(), as the console's, got ${String(logger)} (${typeof logger})`,
  );
}

function boundTo(logger: object): Map<string | undefined, Bound> {
  const values = threadValues();
  let all = values.get(BOUND) as WeakMap<object, Map<string | undefined, Bound>> | undefined;
  if (all === undefined) values.set(BOUND, (all = new WeakMap()));
  let bound = all.get(logger);
  if (bound === undefined) all.set(logger, (bound = new Map()));
  return bound;
}

function withPrefix(logger: object, prefix: string): object {
  const methods = logger as Record<string, unknown>;
  const prefixed: Record<string, unknown> = Object.create(logger) as Record<string, unknown>;
  for (const level of LEVELS) {
    const method = methods[level];
    if (typeof method === 'function')
      prefixed[level] = (...line: unknown[]): unknown => method.call(logger, prefix, ...line) as unknown;
  }
  return prefixed;
}
