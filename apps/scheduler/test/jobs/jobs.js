// What jobs of the tests do, well and badly.

import { appendFileSync } from 'node:fs';

/** @param {unknown} args @param {import('../../dist/index.js').JobContext} context */
export default function echo(args, context) {
  console.log('printed by', context.job);
  return { args, run: context.runId, attempt: context.attempt };
}

export function boom() {
  throw new RangeError('it went wrong');
}

export function leave() {
  process.exit(7);
}

export async function rejectLater() {
  void Promise.reject(new Error('nobody handles this'));
  await new Promise(resolve => setTimeout(resolve, 10_000));
}

export function fillMemory() {
  const kept = [];
  for (;;) kept.push({ number: kept.length });
}

/** Neither looks nor listens. */
export function spin() {
  for (;;);
}

/** Looks. */
export function spinUntilStopped(_args, context) {
  while (!context.stop.isSet);
  throw new Error('seen');
}

/** Looks, and leaves the rest undone. */
export function returnWhenStopped(_args, context) {
  while (!context.stop.isSet);
  return 'half of it';
}

/** Neither looks nor listens, and comes to its end. */
export async function finish(args) {
  await new Promise(resolve => setTimeout(resolve, args.ms));
  return 'all of it';
}

/** Listens. */
export async function sleep(args, context) {
  await new Promise((resolve, reject) => {
    const stop = () => reject(context.signal.reason);
    if (context.signal.aborted) stop();
    context.signal.addEventListener('abort', stop);
    setTimeout(resolve, args.ms);
  });
}

export function printMuch() {
  for (let line = 0; line < 10_000; line++) console.log(`line ${line}`);
}

export function returnStrange() {
  const strange = {};
  strange.self = strange;
  return strange;
}

/** Leaves a line that tells that it ran. One write, so that lines don't mix. */
export function note(args, context) {
  appendFileSync(args.file, `${context.runId} ${context.attempt}\n`);
}

/** The same, taking its time, so that it may be interrupted. */
export async function noteSlowly(args, context) {
  note(args, context);
  await new Promise(resolve => setTimeout(resolve, args.ms));
}
