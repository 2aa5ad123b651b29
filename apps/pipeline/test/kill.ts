// Kills streams with SIGKILL at random moments, starts them again, goes on sending meanwhile, and compares the accounts in the end: what was
// acknowledged, and every line of the followed files, must be stored, once.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FileWriter, HttpProducer, numbers, TcpProducer } from './kill-producers.ts';
import { CLI, look, temporaryFolder } from './program.ts';

export interface KillOptions {
  readonly kills: number;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly log?: (text: string) => void;
}

export interface KillAccount {
  readonly sent: Readonly<Record<string, number>>;
  readonly stored: Readonly<Record<string, number>>;
  /** Kills by what was going on: before it took anything, or meanwhile. */
  readonly kills: number;
  readonly problems: readonly string[];
}

/** The last run stores what is left, and may stand still for no longer than this. */
const STANDSTILL_MS = 60_000;

export async function killRuns({ kills, random, log = () => {} }: KillOptions): Promise<KillAccount> {
  const folder = temporaryFolder();
  const [tcpPort, httpPort] = [await freePort(), await freePort()];
  writeFileSync(
    join(folder, 'sqlite.toml'),
    `logLevel = "error"
[[sources]]\nkind = "tcp"\nport = ${tcpPort}\nack = true
[[sources]]\nkind = "http"\nname = "http"\nport = ${httpPort}
[[sources]]\nkind = "follow"\nname = "follow"\nformat = "json"\npaths = ["app.log"]\npollMs = 20\nrotatedMs = 200
[transform]\nworkers = 2\nkeyField = "id"
[queue]\nitems = 500
[sink]\nkind = "sqlite"\npath = "out.db"\ncolumns = ["id"]\n`,
  );
  writeFileSync(
    join(folder, 'ndjson.toml'),
    `logLevel = "error"
[[sources]]\nkind = "follow"\nname = "follow"\nformat = "json"\npaths = ["app.log"]\npollMs = 20\nrotatedMs = 200
[transform]\nworkers = 2
[sink]\nkind = "ndjson"\npath = "out.ndjson"\n`,
  );
  const log_ = join(folder, 'app.log');
  writeFileSync(log_, '');
  const file = new FileWriter(log_);
  const tcp = new TcpProducer(tcpPort);
  const http = new HttpProducer(httpPort);
  const problems: string[] = [];
  const streams: ChildProcess[] = [];
  const start = (config: string): ChildProcess => {
    const child = spawn(process.execPath, [CLI, 'stream', '--config', join(folder, config), '--json'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (!text.includes('Interrupted')) problems.push(`it said: ${text.trim()}`);
    });
    streams.push(child);
    return child;
  };
  /** Resolves when both streams have stored something since they were started. */
  const working = async (): Promise<void> => {
    const [acknowledged, lines] = [tcp.acknowledged, readLines(folder).length];
    const deadline = performance.now() + 15_000;
    while (
      (tcp.acknowledged === acknowledged || readLines(folder).length === lines) &&
      performance.now() < deadline
    )
      await delay(20);
  };
  try {
    for (let kill = 0; kill < kills; kill++) {
      const pair = ['sqlite.toml', 'ndjson.toml'].map(start);
      // Mostly when it is at work, sometimes while it starts.
      if (random() < 0.75) await working();
      const delays = [1500 * random(), 1500 * random()];
      // A file that was never seen before it was renamed is not what was asked to be followed.
      if (random() < 0.4 && isKnown(folder)) file.rotate();
      const killed = pair.map(async (child, i) => {
        await delay(delays[i]);
        if (child.exitCode !== null) problems.push(`it ended by itself, with code ${child.exitCode}`);
        child.kill('SIGKILL');
        await gone(child);
      });
      await Promise.all(killed);
      log(
        `kill ${kill + 1}: ${tcp.acknowledged} over TCP and ${http.acknowledged} over HTTP acknowledged, ${file.lines} in the file`,
      );
    }
    const last = ['sqlite.toml', 'ndjson.toml'].map(start);
    await Promise.all([file.stop(), tcp.stop(), http.stop()]);
    const progress = (): number[] => [
      tcp.acknowledged,
      http.acknowledged,
      countOf(join(folder, 'out.db'), `_source = 'follow'`),
      readLines(folder).length,
    ];
    // Senders may add a last batch after they were asked to stop.
    const goal = (): string => String([tcp.sent, http.sent, file.whole.length, file.whole.length]);
    let [seen, since] = ['', performance.now()];
    while (seen !== goal() && performance.now() - since < STANDSTILL_MS) {
      await delay(300);
      const now = String(progress());
      if (now !== seen) since = performance.now();
      seen = now;
    }
    for (const child of last) {
      child.kill('SIGINT');
      await gone(child);
      if (child.exitCode !== 130)
        problems.push(`after Ctrl-C the last run ended with code ${child.exitCode}`);
    }
    const stored = compare(folder, { file, tcp, http }, problems);
    return { sent: { tcp: tcp.sent, http: http.sent, file: file.lines }, stored, kills: 2 * kills, problems };
  } finally {
    tcp.end();
    for (const child of streams) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  folder: string,
  { file, tcp, http }: { file: FileWriter; tcp: TcpProducer; http: HttpProducer },
  problems: string[],
): Record<string, number> {
  const db = join(folder, 'out.db');
  const same = (what: string, found: readonly string[], expected: readonly string[]): void => {
    const counts = new Map<string, number>();
    for (const each of found) counts.set(each, (counts.get(each) ?? 0) + 1);
    const lost = expected.filter(each => !counts.has(each));
    const twice = [...counts].filter(([, count]) => count > 1).map(([each]) => each);
    const wanted = new Set(expected);
    const foreign = [...counts.keys()].filter(each => !wanted.has(each));
    for (const [how, list] of [
      ['lost', lost],
      ['stored twice', twice],
      ['never sent', foreign],
    ] as const)
      if (list.length > 0)
        problems.push(`${what}: ${list.length} ${how}, such as ${list.slice(0, 3).join(', ')}`);
  };
  const ids = (source: string): string[] =>
    look(db, database =>
      database
        .prepare('SELECT id FROM records WHERE _source = ?')
        .all(source)
        .map(row => String(row['id'])),
    );
  const dead = look(db, database =>
    database
      .prepare('SELECT text FROM dead_letters')
      .all()
      .map(row => String(row['text'])),
  );
  const lines = readLines(folder);
  const deadLines = readFileSync(join(folder, 'out.ndjson.dead'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => (JSON.parse(line) as { text: string }).text);
  same('TCP into SQLite', ids('tcp'), numbers('t', tcp.sent));
  same('HTTP into SQLite', ids('http'), numbers('h', http.sent));
  same('the file into SQLite', ids('follow'), file.whole);
  same('broken lines into dead letters', dead, file.broken);
  same(
    'the file into NDJSON',
    lines.map(line => (JSON.parse(line) as { id: string }).id),
    file.whole,
  );
  same('broken lines into the file of dead letters', deadLines, file.broken);
  const check = look(db, database =>
    String(database.prepare('PRAGMA integrity_check').get()?.['integrity_check']),
  );
  if (check !== 'ok') problems.push(`SQLite: ${check}`);
  return {
    tcp: ids('tcp').length,
    http: ids('http').length,
    file: ids('follow').length,
    dead: dead.length,
    ndjson: lines.length,
  };
}

function readLines(folder: string): string[] {
  try {
    return readFileSync(join(folder, 'out.ndjson'), 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

/** Whether both streams have committed something of the file as it is now. */
function isKnown(folder: string): boolean {
  const { ino } = statSync(join(folder, 'app.log'));
  try {
    const known = look(
      join(folder, 'out.db'),
      database => database.prepare('SELECT 1 FROM offsets WHERE ino = ?').all(ino).length,
    );
    const checkpoint = JSON.parse(readFileSync(join(folder, 'out.ndjson.checkpoint'), 'utf8')) as {
      files: { ino: number }[];
    };
    return known > 0 && checkpoint.files.some(each => each.ino === ino);
  } catch {
    return false;
  }
}

function countOf(db: string, where: string): number {
  try {
    return look(db, database =>
      Number(database.prepare(`SELECT count(*) AS n FROM records WHERE ${where}`).get()?.['n']),
    );
  } catch {
    return 0;
  }
}

function gone(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
