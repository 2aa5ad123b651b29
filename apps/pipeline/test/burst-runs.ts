// npm run burst-test --workspace apps/pipeline -- --seconds 60 [--policy block]
//
// Sends ten times as many lines as the transform can take, for so long, with each policy, and says how much memory the program took meanwhile.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Policy, POLICIES } from '../src/stream/intake/backlog.ts';
import { temporaryFolder } from './program.ts';
import { startStream } from './stream-program.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, policy: { type: 'string' } },
});
const SECONDS = Number(values.seconds);
const policies = values.policy === undefined ? POLICIES : [values.policy as Policy];
/** What the transform takes, by waiting; and what is sent. */
const OUT_PER_SECOND = 1000;
const IN_PER_SECOND = 10 * OUT_PER_SECOND;
const TICK_MS = 20;
const MIB = 1024 ** 2;

const folder = temporaryFolder();
const transform = join(folder, 'slow.mjs');
// Two threads, each of which takes its share.
writeFileSync(
  transform,
  `let due = 0; export default { async transform({ value }) { due = Math.max(due, performance.now() - 50) + ${2000 / OUT_PER_SECOND}; const wait = due - performance.now(); if (wait > 1) await new Promise(done => setTimeout(done, wait)); return value; } };`,
);

console.log(
  `${IN_PER_SECOND} lines/s offered, ${OUT_PER_SECOND} lines/s taken, for ${SECONDS} s; queue.items = 10000`,
);
console.log('policy    sent       taken in   stored     dropped    spilled    memory before, most, MiB');
for (const policy of policies) {
  const config = join(folder, `${policy}.toml`);
  writeFileSync(
    config,
    `drainTimeoutMs = 1000000\n[[sources]]\nkind = "tcp"\nport = 0\nack = true\n[transform]\nmodule = "slow.mjs"\nworkers = 2\n[queue]\npolicy = "${policy}"\n[sink]\nkind = "sqlite"\npath = "${policy}.db"\n`,
  );
  const stream = startStream(['--config', config], { timeoutMs: SECONDS * 12_000 + 60_000 });
  const { host, port } = await stream.address('tcp');
  const before = memory(stream.child.pid!);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, memory(stream.child.pid!))), 200);
  const socket = connect({ host, port });
  socket.resume();
  socket.on('error', error => {
    throw new Error(`the connection broke after ${sent} lines`, { cause: error });
  });
  let sent = 0;
  const padding = 'x'.repeat(200);
  const end = performance.now() + SECONDS * 1000;
  let due = performance.now();
  while (performance.now() < end) {
    let text = '';
    for (let i = 0; i < (IN_PER_SECOND * TICK_MS) / 1000; i++)
      text += `{"id":${sent++},"padding":"${padding}"}\n`;
    if (!socket.write(text))
      await Promise.race([
        new Promise(resolve => socket.once('drain', resolve)),
        delay(Math.max(1, end - performance.now())),
      ]);
    due += TICK_MS;
    if (due > performance.now()) await delay(due - performance.now());
  }
  // What the sender still has is never sent: with `block` most of it never left.
  socket.destroy();
  const { report } = await stream.interrupt();
  clearInterval(watch);
  const columns = [sent, report.in, report.stored, report.dropped, report.spilled].map(value =>
    value.toLocaleString('en-US').padEnd(11),
  );
  console.log(policy.padEnd(10) + columns.join('') + `${before.toFixed(0)}, ${most.toFixed(0)}`);
}
rmSync(folder, { recursive: true, force: true });

/** Resident memory of a process in MiB, as Linux tells it. */
function memory(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / MIB;
  } catch {
    return 0;
  }
}
