/** Runs scripts on a real Erlang/OTP, if there is one. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { toErlang } from './script.ts';
import type { Script } from './script.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('oracle.erl', import.meta.url));
const LIMIT_MS = 300_000;
/** Scripts to one run of Erlang, so that none comes near the limit. */
const BATCH = 2000;

/** Which release is installed; `undefined` without one. */
export async function erlangRelease(): Promise<string | undefined> {
  try {
    const print = 'io:format("~s", [erlang:system_info(otp_release)]), halt().';
    return (await run('erl', ['-noshell', '-eval', print], { timeout: 30_000 })).stdout;
  } catch {
    return undefined;
  }
}

export class Erlang {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Compiles the Erlang side. */
  static async start(): Promise<Erlang> {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-oracle-'));
    await run('erlc', ['-o', folder, SOURCE], { timeout: 60_000 });
    return new Erlang(folder);
  }

  /** What happened in each script, by seed. */
  async run(scripts: readonly Script[]): Promise<Map<number, string[]>> {
    const traces = new Map<number, string[]>();
    for (let n = 0; n < scripts.length; n += BATCH) await this.#runSome(scripts.slice(n, n + BATCH), traces);
    return traces;
  }

  async #runSome(scripts: readonly Script[], traces: Map<number, string[]>): Promise<void> {
    const file = join(this.#folder, 'scripts.config');
    const output = join(this.#folder, 'traces.txt');
    await writeFile(file, scripts.map(toErlang).join('\n'));
    await run('erl', ['-noshell', '+S', '1:1', '-pa', this.#folder, '-run', 'oracle', 'main', file, output], {
      timeout: LIMIT_MS,
    });
    let lines: string[] = [];
    for (const line of (await readFile(output, 'utf8')).split('\n')) {
      if (line.startsWith('#')) traces.set(Number(line.slice(1)), (lines = []));
      else if (line !== '') lines.push(line);
    }
    const silent = scripts.filter(({ seed }) => !traces.has(seed)).map(({ seed }) => seed);
    if (silent.length > 0)
      throw new Error(`Erlang wrote nothing of the scripts of seeds ${silent.join(' ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
