// Runs a job that is a function of a module.

import { AsyncLocalStorage } from 'node:async_hooks';
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import type { Event } from '@heddle/core';
import type { JobContext } from '../index.ts';
import type { Assignment } from './assignment.ts';
import { findModule } from './module-path.ts';
import type { Output } from './output.ts';

/** Where what is printed goes, by the run that prints it: also what is left of a run later doesn't get into another's output. */
const printed = new AsyncLocalStorage<Output>();

/** Sends what jobs print to their output, in this thread, for good. */
export function capturePrinting(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      printed.getStore()?.add(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const done = rest.at(-1);
      if (typeof done === 'function') queueMicrotask(done as () => void);
      return true;
    }) as typeof stream.write;
  }
  const line = (...values: unknown[]): void => printed.getStore()?.add(`${format(...values)}\n`);
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[method] = line;
}

/** Calls the function. Resolves to what it returned; rejects with what it threw. */
export async function runModule(
  assignment: Assignment,
  jobs: string | null,
  output: Output,
): Promise<unknown> {
  const { module, export: name = 'default', args = null } = assignment.action;
  const file = findModule(jobs, module!);
  const url = pathToFileURL(file);
  // A module that was changed is another module: the threads live on.
  url.searchParams.set('changed', String(statSync(file).mtimeMs));
  const context = new Context(assignment, output);
  try {
    return await printed.run(output, async () => {
      const namespace = await load(url, module!);
      const job = Object.hasOwn(namespace, name) ? namespace[name] : undefined;
      if (typeof job !== 'function') {
        throw new TypeError(
          `module "${module}" exports no function "${name}"; it exports ${Object.keys(namespace).join(', ') || 'nothing'}`,
        );
      }
      const result = (await (job as (args: unknown, context: JobContext) => unknown)(
        args,
        context,
      )) as unknown;
      if (context.heeds && assignment.stop.isSet) throw new StoppedError();
      return result;
    });
  } finally {
    context.end();
  }
}

async function load(url: URL, module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url.href)) as Record<string, unknown>;
  } catch (error) {
    // `npm init` writes "type": "commonjs", and then Node takes neither `import` nor `export` in files whose names don't say otherwise.
    const isTakenForCommonJs =
      error instanceof SyntaxError &&
      /import statement outside a module|Unexpected token 'export'/.test(error.message);
    if (!isTakenForCommonJs) throw error;
    throw new SyntaxError(
      `module "${module}": ${error.message}. The package.json in its folder or above says "type": "commonjs": make that "module", or let the file's name end in .mjs`,
      { cause: error },
    );
  }
}

/**
 * A function that heeds the stop event or the signal, and returns when it was asked to stop, may have left the rest undone: that is no success, or the end of the
 * scheduler would lose that rest. One that heeds neither has come to its end.
 */
class StoppedError extends Error {
  constructor() {
    super('it was asked to stop, and returned');
    this.name = 'StoppedError';
    // Where it was thrown tells nobody anything.
    this.stack = this.message;
  }
}

class Context implements JobContext {
  readonly job: string;
  readonly runId: string;
  readonly attempt: number;
  readonly scheduledFor: Date;
  readonly isManual: boolean;
  readonly fencingToken: number;
  /** Whether the function has asked for what would tell it to stop. */
  heeds = false;
  readonly #stop: Event;
  readonly #output: Output;
  readonly #over = new AbortController();
  #signal: AbortSignal | undefined;

  constructor(assignment: Assignment, output: Output) {
    this.job = assignment.job;
    this.runId = assignment.run;
    this.attempt = assignment.attempt;
    this.scheduledFor = new Date(assignment.scheduledFor);
    this.isManual = assignment.cause === 'manual';
    this.fencingToken = assignment.token;
    this.#stop = assignment.stop;
    this.#output = output;
  }

  get stop(): Event {
    this.heeds = true;
    return this.#stop;
  }

  get signal(): AbortSignal {
    this.heeds = true;
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      const abort = (): void => controller.abort(new DOMException('the run was asked to stop', 'AbortError'));
      if (this.#stop.isSet) abort();
      else this.#stop.waitAsync({ signal: this.#over.signal }).then(abort, () => {});
    }
    return this.#signal;
  }

  log(...values: unknown[]): void {
    this.#output.add(`${format(...values)}\n`);
  }

  end(): void {
    this.#over.abort();
  }
}
