import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from './program.ts';
import { rows, runStream, Sender, startStream } from './stream-program.ts';

const folder = temporaryFolder();
const disk = join(folder, 'disk');
const SLOW = fileURLToPath(new URL('./slow.mjs', import.meta.url));
const LINES = 3000;
const input = join(folder, 'in.ndjson');
const line = (id: number): string => `${JSON.stringify({ id, text: 'z'.repeat(900) })}\n`;
writeFileSync(input, Array.from({ length: LINES }, (_, id) => line(id)).join(''));
mkdirSync(disk);

const mount = (options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status === 0;
/** Only root may mount a disk that is small enough to fill. */
const canMount = process.getuid?.() === 0 && mount('size=1m');
if (canMount) execFileSync('umount', [disk]);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!canMount)('a disk of a megabyte that three megabytes are written to', () => {
  beforeEach(() => {
    mount('size=1m');
  });
  afterEach(() => {
    execFileSync('umount', [disk]);
  });

  const sinks: [name: string, args: string[], ids: () => number[]][] = [
    [
      'sqlite',
      ['--sqlite', join(disk, 'out.db')],
      () =>
        rows<{ id: number }>(join(disk, 'out.db'), `SELECT _body->>'id' AS id FROM records`).map(
          ({ id }) => id,
        ),
    ],
    [
      'ndjson',
      ['--ndjson', join(disk, 'out.ndjson')],
      () =>
        readFileSync(join(disk, 'out.ndjson'), 'utf8')
          .trimEnd()
          .split('\n')
          .map(text => (JSON.parse(text) as { id: number }).id),
    ],
  ];

  it.each(sinks)(
    'into %s: the run fails and says what to do, again while it is full, and goes on where it was when there is room',
    async (_, sink, ids) => {
      const args = ['--files', input, '--format', 'json', ...sink];
      const first = await runStream(args);
      expect(first.code).toBe(1);
      expect(first.stderr).toContain('the disk is full. Make room');
      expect(first.report.outcome).toBe('failed');
      expect(first.report.stored).toBeLessThan(LINES);
      expect((await startStream(args).ended).code).toBe(1);
      execFileSync('mount', ['-o', 'remount,size=20m', disk]);
      const last = await runStream(args);
      expect(last).toMatchObject({ code: 0, report: { outcome: 'complete' } });
      expect(last.report.in).toBeLessThan(LINES);
      expect(ids().sort((a, b) => a - b)).toEqual(Array.from({ length: LINES }, (__, id) => id));
    },
  );

  it.each(sinks)('into %s: what was acknowledged over TCP is stored', async (_, sink, ids) => {
    const stream = startStream(['--tcp', '0', '--ack', ...sink]);
    const sender = new Sender(await stream.address('tcp'));
    for (let id = 0; id < LINES; id++) sender.send(line(id));
    const { code, stderr } = await stream.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('the disk is full. Make room');
    await sender.closed;
    const acknowledged = Math.max(0, ...sender.replies.map(({ ack }) => ack ?? 0));
    expect(acknowledged).toBeGreaterThan(0);
    // What a killed ndjson run leaves behind its checkpoint isn't counted by the next run; here all of it is looked at.
    if (sink[0] === '--sqlite') {
      const stored = new Set(ids());
      for (let id = 0; id < acknowledged; id++) expect(stored.has(id)).toBe(true);
    } else {
      const { sizes } = JSON.parse(readFileSync(join(disk, 'out.ndjson.checkpoint'), 'utf8')) as {
        sizes: { output: number };
      };
      const counted = readFileSync(join(disk, 'out.ndjson')).subarray(0, sizes.output);
      const stored = new Set(
        String(counted)
          .trimEnd()
          .split('\n')
          .map(text => (JSON.parse(text) as { id: number }).id),
      );
      for (let id = 0; id < acknowledged; id++) expect(stored.has(id)).toBe(true);
    }
    sender.socket.destroy();
  });

  it('spilling makes senders wait while the disk takes no more, and nothing is lost', async () => {
    const { code, report, stderr } = await runStream([
      '--files',
      input,
      '--format',
      'json',
      '--policy',
      'spill',
      '--queue-size',
      '100',
      '--spill-folder',
      join(disk, 'spill'),
      '--transform',
      SLOW,
      '--sqlite',
      join(folder, 'spill.db'),
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('the disk does not take what should be spilled; sources wait');
    expect(report).toMatchObject({ in: LINES, stored: LINES, outcome: 'complete' });
    expect(report.spilled).toBeGreaterThan(0);
  });
});

it('a folder that cannot be spilled to is told before anything is taken in', async () => {
  const args = ['--stdin', '--policy', 'spill', '--sqlite', join(folder, 'no.db'), '--spill-folder'];
  const { code, stderr } = await startStream([...args, join(input, 'below-a-file')]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/the folder to spill to, .*below-a-file, cannot be used: .*--spill-folder/);
});

// It used to hang there for ever.
it.runIf(process.platform === 'linux')('a folder in /proc is refused', async () => {
  const args = ['--stdin', '--policy', 'spill', '--sqlite', join(folder, 'no.db'), '--spill-folder'];
  const { code, stderr } = await startStream([...args, '/proc/below/spill'], { timeoutMs: 20_000 }).ended;
  expect(code).toBe(1);
  expect(stderr).toContain('cannot be used: ENOENT');
});
