/** The workers that play one scenario: a conductor and the threads. Owned by the thread that explores. */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { createControl, HEADER, OUTCOME, RETIRED_CODE, controlWords, TIMES } from '../control/layout.ts';
import type { Control } from '../control/layout.ts';
import { START_MS } from '../instrument/time.ts';
import type { Scenario } from '../scenario.ts';
import type { ConductorSeed, CrewSeed, Reply, Request, ThreadSeed } from './messages.ts';

/** The URL of a file beside this one, `.ts` when running from source and `.js` when compiled. */
function beside(name: string): URL {
  return new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}

/**
 * The scenario's own code hangs if no step is taken in so many looks, one a second. Looks are counted, and not the time: on a busy machine
 * this thread gets as little of a core as the others.
 */
const PATIENCE_LOOKS = 60;
const LOOK_MS = 1000;

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** A conductor and its threads. */
export class Crew {
  readonly #workers: Worker[] = [];
  readonly #conductor: Worker;
  readonly #control: Control;
  readonly #limit: number;
  readonly #opened: Promise<void>;
  #waiting: Waiting | undefined;
  #broken: unknown;

  constructor(scenario: Scenario, threads: number, limit: number) {
    this.#limit = limit;
    this.#control = createControl(limit);
    new Float64Array(this.#control.times)[TIMES.now] = START_MS;
    const seed: CrewSeed = {
      control: this.#control,
      limit,
      url: scenario.url,
      ordinal: scenario.ordinal,
      threads,
    };
    const ports: MessagePort[] = [];
    for (let index = 0; index < threads; index++) {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      this.#start('thread', { ...seed, index, port: port2 } satisfies ThreadSeed, [port2]);
    }
    this.#conductor = this.#start('conductor', { ...seed, ports } satisfies ConductorSeed, ports);
    this.#opened = new Promise((resolve, reject) => {
      this.#waiting = { resolve: () => resolve(), reject };
    });
    this.#opened.catch(() => {});
    this.#conductor.on('message', (message: 'open' | { reply: Reply } | { error: unknown }) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (message === 'open') waiting?.resolve({ schedules: 0, steps: 0, longest: 0 });
      else if ('error' in message) waiting?.reject(message.error);
      else waiting?.resolve(message.reply);
    });
  }

  #start(entry: string, check: unknown, transferList: MessagePort[]): Worker {
    const worker = new Worker(beside(entry), { workerData: { check }, transferList, name: `check-${entry}` });
    this.#workers.push(worker);
    worker.on('error', error => this.#break(error));
    worker.on('exit', code => {
      // The conductor has ended it, whose thread was killed in a schedule, and has another in its place.
      if (entry === 'thread' && code === RETIRED_CODE) return;
      this.#break(new Error(`check: a ${entry} of the scenario ended with code ${code}`));
    });
    return worker;
  }

  /** A worker has failed or ended: the schedule in progress is over, and the crew with it. */
  #break(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    const words = new Int32Array(this.#control.words, 0, controlWords(this.#limit));
    words[HEADER.outcome] = OUTCOME.died;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Sends a request to the conductor and returns its answer; one at a time. */
  async ask(request: Request): Promise<Reply> {
    await this.#opened;
    if (this.#broken !== undefined) throw this.#broken;
    const words = new Int32Array(this.#control.words);
    let [step, looks] = [-1, 0];
    const watching = setInterval(() => {
      looks = step === words[HEADER.step] ? looks + 1 : 0;
      step = words[HEADER.step]!;
      if (looks < PATIENCE_LOOKS) return;
      this.#break(
        new Error(
          'check: the scenario hangs outside of its threads: setup(), receive(), finally() or world.create() does not end',
        ),
      );
    }, LOOK_MS);
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
        this.#conductor.postMessage(request);
      });
    } finally {
      clearInterval(watching);
    }
  }

  /** Ends all workers. */
  async dispose(): Promise<void> {
    this.#broken ??= new Error('check: this crew has been dismissed');
    await Promise.all(this.#workers.map(worker => worker.terminate()));
  }
}
