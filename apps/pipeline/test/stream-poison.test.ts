import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './program.ts';
import { rows, runStream } from './stream-program.ts';

const folder = temporaryFolder();
const POISON = fileURLToPath(new URL('./poison.mjs', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a poisoned message', () => {
  it('kills a thread at most, becomes a dead letter with its error, and the rest flows on, each once', async () => {
    const bad: Record<number, string> = {
      50: 'exit',
      120: 'loop',
      200: 'throw',
      260: 'late',
      300: 'function',
      340: 'exit',
      341: 'exit',
    };
    const input = join(folder, 'input.ndjson');
    const lines = Array.from({ length: 600 }, (_, id) => JSON.stringify({ id, do: bad[id] ?? 'store' }));
    writeFileSync(input, `${lines.join('\n')}\n`);
    const db = join(folder, 'out.db');
    const args = [
      '--files',
      input,
      '--format',
      'json',
      '--transform',
      POISON,
      '--workers',
      '2',
      '--timeout',
      '2000',
      '--columns',
      'id',
      '--sqlite',
      db,
    ];
    const { code, report } = await runStream(args);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      outcome: 'complete',
      in: 600,
      stored: 593,
      dead: 7,
      dropped: 0,
      duplicates: 0,
    });
    expect(report.restarts).toBe(5);
    const stored = rows<{ id: number }>(db, 'SELECT id FROM records ORDER BY id').map(({ id }) => id);
    expect(stored).toEqual(Array.from({ length: 600 }, (_, id) => id).filter(id => bad[id] === undefined));
    const dead = rows<{ error: string; text: string }>(db, 'SELECT error, text FROM dead_letters');
    const error = Object.fromEntries(
      dead.map(letter => [(JSON.parse(letter.text) as { id: number }).id, letter.error]),
    );
    expect(error[50]).toContain('process.exit(3) was called');
    expect(error[120]).toContain('took longer than 2000 ms');
    expect(error[200]).toBe('RangeError: no good: 200');
    expect(error[260]).toContain('thrown by a timer');
    expect(error[300]).toContain("returned a function, which JSON can't hold");
    expect(error[340]).toContain('process.exit(3)');
    expect(error[341]).toContain('process.exit(3)');
  });

  it('may give nothing, or several rows with keys of their own', async () => {
    const db = join(folder, 'several.db');
    const input = '{"id":1,"do":"nothing"}\n{"id":2,"do":"two"}\n{"id":3}\n';
    const { report } = await runStream(
      [
        '--stdin',
        '--format',
        'json',
        '--transform',
        POISON,
        '--sqlite',
        db,
        '--columns',
        'id',
        '--key-field',
        'id',
      ],
      { input },
    );
    expect(report).toMatchObject({ in: 3, stored: 2, filtered: 1, rows: 3 });
    expect(rows(db, 'SELECT _key, id FROM records ORDER BY _key')).toEqual([
      { _key: 'stdin:2', id: '2a' },
      { _key: 'stdin:2#2', id: '2b' },
      { _key: 'stdin:3', id: 3 },
    ]);
  });

  it('that needs more memory than a thread may have kills no more than the thread', async () => {
    const config = join(folder, 'memory.toml');
    const db = join(folder, 'memory.db');
    writeFileSync(
      config,
      `[[sources]]\nkind = "stdin"\nformat = "json"\n[transform]\nmodule = ${JSON.stringify(POISON)}\nworkers = 1\nmaxHeapMiB = 32\ntimeoutMs = 20000\n[sink]\nkind = "sqlite"\npath = "memory.db"\n`,
    );
    const { code, report } = await runStream(['--config', config], {
      input: '{"id":1}\n{"id":2,"do":"memory"}\n{"id":3}\n',
    });
    expect(code).toBe(0);
    expect(report).toMatchObject({ in: 3, stored: 2, dead: 1, restarts: 1 });
    expect(rows<{ error: string }>(db, 'SELECT error FROM dead_letters')[0]!.error).toMatch(
      /memory|longer than/,
    );
  });

  it('a transform that cannot stop is said, and ends the run all the same', async () => {
    const module = join(folder, 'stop.mjs');
    writeFileSync(
      module,
      'export default { transform: ({ value }) => value, stop() { throw new Error("no goodbye"); } };',
    );
    const { code, stderr, report } = await runStream(
      ['--stdin', '--transform', module, '--sqlite', join(folder, 'stop.db')],
      { input: 'a\n' },
    );
    expect(code).toBe(0);
    expect(report).toMatchObject({ in: 1, stored: 1, restarts: 0 });
    expect(stderr).toContain('no goodbye');
  });

  it.each([
    ['that is not there', 'missing.mjs', undefined, 'could not be loaded'],
    [
      'that Node takes for CommonJS',
      'commonjs/clean.ts',
      'import { join } from "node:path"; export default join;',
      'says "type": "commonjs": make that "module"',
    ],
    ['that exports nothing', 'empty.mjs', 'export const x = 1;', 'must export one as default'],
    [
      'that throws at its start',
      'start.mjs',
      'export default { start() { throw new Error("no model"); }, transform: x => x };',
      'no model',
    ],
  ])('a transform %s ends the run with exit code 1 and says so', async (_, name, source, message) => {
    const module = join(folder, name);
    mkdirSync(dirname(module), { recursive: true });
    // As `npm init` writes it; it is none of the business of .mjs.
    writeFileSync(join(dirname(module), 'package.json'), '{"type": "commonjs"}');
    if (source !== undefined) writeFileSync(module, source);
    const { code, stderr } = await runStream(
      ['--stdin', '--transform', module, '--sqlite', join(folder, 'never.db')],
      { input: 'a\n' },
    );
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
