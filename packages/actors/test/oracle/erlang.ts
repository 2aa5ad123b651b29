/** Runs scripts on a real Erlang/OTP, if there is one. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { toErlang } from './script.ts';
import type { Script } from './script.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('oracle.erl', import.meta.url));
const LIMIT_MS = 300_000;

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
    const file = join(this.#folder, 'scripts.config');
    await writeFile(file, scripts.map(toErlang).join('\n'));
    const { stdout } = await run(
      'erl',
      ['-noshell', '+S', '1:1', '-pa', this.#folder, '-run', 'oracle', 'main', file],
      { timeout: LIMIT_MS, maxBuffer: 2 ** 30 },
    );
    const traces = new Map<number, string[]>();
    let lines: string[] = [];
    for (const line of stdout.split('\n')) {
      if (line.startsWith('#')) traces.set(Number(line.slice(1)), (lines = []));
      else if (line !== '') lines.push(line);
    }
    return traces;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
