/** Classes that extend Thread, for own-run.test.ts. */
import { Lock, Thread, currentThread, task } from '../../src/index.ts';
import type { AnyFunction, Event, ThreadOptions } from '../../src/index.ts';

export class Sum extends Thread {
  static {
    this.declare(import.meta);
  }

  readonly numbers: number[];
  readonly lock: Lock = new Lock();
  total: number = 0;

  constructor(numbers: number[], options?: ThreadOptions) {
    super(options);
    this.numbers = numbers;
  }

  override run(): number {
    this.lock.acquire();
    for (const n of this.numbers) this.total += n;
    return this.total;
  }

  describe(): string {
    return `the sum of ${this.numbers.join(' + ')} is ${this.total}`;
  }
}

/** A class beneath that class. */
export class Mean extends Sum {
  static {
    this.declare(import.meta);
  }

  override run(): number {
    return super.run() / this.numbers.length;
  }
}

export class Later extends Thread {
  static {
    this.declare(import.meta);
  }

  state: string = 'new';
  also: unknown;

  override async run(gate?: Event, fail?: boolean): Promise<string> {
    this.state = 'waiting';
    if (gate !== undefined) await gate.waitAsync({ timeout: 20_000 });
    this.state = 'done';
    if (fail === true) throw new RangeError('on purpose');
    return 'later';
  }
}

/** Does something before and after its target. */
export class Traced<F extends AnyFunction = AnyFunction> extends Thread<F> {
  static {
    this.declare(import.meta);
  }

  readonly trace: string[] = [];

  override run(...args: Parameters<F>): ReturnType<F> {
    this.trace.push(`before ${args.join()}`);
    const value = super.run(...args);
    this.trace.push(`after ${String(value)}`);
    return value;
  }
}

export const add = task(import.meta, function add(a: number, b: number): number {
  return a + b;
});

/** Looks at itself from inside. */
export class Mirror extends Thread {
  static {
    this.declare(import.meta);
  }

  seen: unknown[] = [];

  override run(): void {
    let again = '';
    try {
      this.start();
    } catch (error) {
      again = (error as Error).message;
    }
    this.seen = [
      currentThread() === this,
      this instanceof Mirror,
      this.name,
      this.ident === currentThread().ident,
      this.alive,
      again,
    ];
  }
}

export class WithPrivate extends Thread {
  static {
    this.declare(import.meta);
  }

  #count: number = 0;

  override run(): number {
    return ++this.#count;
  }
}

export class LeavesFunction extends Thread {
  static {
    this.declare(import.meta);
  }

  callback: unknown;

  override run(): void {
    this.callback = () => {};
  }
}

export class Undeclared extends Thread {
  override run(): void {}
}

export class BeneathDeclared extends Sum {
  override run(): number {
    return 0;
  }
}

/** What arrives of a thread in another. */
export const inspect = task(import.meta, function inspect(thread: Sum): unknown[] {
  const ended = thread.join({ timeout: 20_000 });
  return [thread instanceof Sum, ended, thread.describe(), thread.result()];
});
