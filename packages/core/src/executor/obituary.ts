/**
 * What the supervisor does when a pool's thread has died: settles its task, frees its place, and finds somebody for the tasks that wait. And when any thread has
 * died that used a pool: it finishes what that was in the midst of.
 *
 * | it died | who makes it good |
 * |---|---|
 * | before its task was in line | nobody need: its references go with it |
 * | after that, before a worker was called or hired for it | `bereave` |
 * | between reserving a worker's place and the worker's coming up | `bereave` frees the place; see `engage` |
 * | while it cancelled or aborted a task | `bereave`, by AGENT.settling: the task is cancelled, or nothing has happened |
 * | while it broke a pool, before all that waited had failed | `bereave` |
 * | as a worker, anywhere between taking a task and publishing its outcome | `mourn`, by THREAD.task |
 */
import { exchange, i32, store } from '../atomics.ts';
import { ThreadDiedError } from '../errors.ts';
import { describeAgent } from '../memory/agent.ts';
import { AGENT, OUTCOME, REGISTRY, THREAD } from '../memory/layout.ts';
import { readMessage } from '../memory/message.ts';
import { release } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { describeRecord } from '../thread/record.ts';
import { onDeath } from '../parking/reaper.ts';
import { employers } from '../thread/registry.ts';
import { breakPool, brokenError, failPending, hireIfWanted, isBroken } from './hire.ts';
import { FUTURE, PHASE } from './layout.ts';
import { allPools } from './pools.ts';
import { changePhase, finishJudgement, phaseOf, publish, putError, renounce } from './settle.ts';
import { depart, forsake } from './slots.ts';
import { lookAtDeadlines } from './time-limit.ts';
import { takeOutOfLine } from './withdrawing.ts';

/** Each step is harmless twice. The thread's references have been returned, but for the two that its record holds. */
function mourn(record: number): void {
  const pool = i32[record + THREAD.employer]!;
  ensureMapped(pool);
  const death = deathOf(record);
  const task = i32[record + THREAD.task]!;
  if (task !== 0) settleTask(pool, record, task, death);
  const { known, ready } = depart(pool, record, false, true);
  if (known && !ready) breakPool(pool, 'a worker died before it was ready', death);
  else if (isBroken(pool)) failPending(pool);
  else hireIfWanted(pool);
  store(record + THREAD.employer, 0);
  release(pool);
}

function settleTask(pool: number, record: number, future: number, death: ThreadDiedError): void {
  ensureMapped(future);
  takeOutOfLine(pool, future);
  const mine =
    changePhase(future, PHASE.pending, PHASE.settling) ||
    changePhase(future, PHASE.running, PHASE.settling) ||
    // It died while it wrote the outcome.
    phaseOf(future) === PHASE.settling;
  if (mine) {
    putError(future, death);
    publish(future, PHASE.threw, record + THREAD.task);
  } else renounce(future, record + THREAD.task);
}

function deathOf(record: number): ThreadDiedError {
  const who = describeRecord(record);
  const message = i32[record + THREAD.outcomeMessage]!;
  if (i32[record + THREAD.outcome] === OUTCOME.died && message !== 0) {
    const { reason, error } = readMessage(message) as { reason: string; error?: unknown };
    return new ThreadDiedError(
      `${who}, a worker of a pool, died: ${reason}`,
      error === undefined ? {} : { cause: error },
    );
  }
  if (i32[record + THREAD.outcome] === OUTCOME.threw && message !== 0) {
    const error = readMessage(message);
    return new ThreadDiedError(
      `${who}, a worker of a pool, died of an error that nothing in it caught: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return new ThreadDiedError(`${who}, a worker of a pool, ended in the midst of a task`);
}

/** Any thread has died. */
function bereave(dead: number): void {
  const future = i32[dead + AGENT.settling]!;
  if (future !== 0) finishSettling(dead, future);
  for (const pool of allPools()) {
    forsake(pool, dead);
    if (isBroken(pool)) failPending(pool);
    else hireIfWanted(pool);
    release(pool);
  }
}

function hireForAll(): void {
  for (const pool of allPools()) {
    hireIfWanted(pool);
    release(pool);
  }
}

/** It died between seizing a future and publishing its outcome, or just before or after that. */
function finishSettling(dead: number, future: number): void {
  ensureMapped(future);
  const crumb = dead + AGENT.settling;
  const seized = i32[future + FUTURE.judge] === dead;
  const phase = phaseOf(future);
  if (seized && phase === PHASE.judging) {
    const pool = i32[future + FUTURE.pool]!;
    if (pool === 0) return finishByHand(dead, future, crumb);
    ensureMapped(pool);
    takeOutOfLine(pool, future);
    if (isBroken(pool)) finishJudgement(future, crumb, PHASE.threw, { value: brokenError(pool) });
    else finishJudgement(future, crumb, PHASE.cancelled, undefined);
  } else if (seized && phase > PHASE.judging) renounce(future, crumb);
  else {
    // It had not seized it, or not quite.
    if (seized) i32[future + FUTURE.judge] = 0;
    i32[crumb] = 0;
  }
}

/** It died while it settled a future that no pool has: as it wanted to, if it got as far as to say so; otherwise the future fails by that. */
function finishByHand(dead: number, future: number, crumb: number): void {
  const decided = i32[future + FUTURE.verdict] !== 0;
  const death = new ThreadDiedError(`${describeAgent(dead)} died while it settled this future`);
  finishJudgement(future, crumb, decided ? i32[future + FUTURE.sentence]! : PHASE.threw, { value: death });
}

onDeath(bereave);
employers.mourn = mourn;
employers.look = () => {
  if (exchange(REGISTRY.hirings, 0) !== 0) hireForAll();
  lookAtDeadlines();
};
