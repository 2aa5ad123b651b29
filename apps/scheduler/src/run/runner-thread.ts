// A thread that makes attempts, one at a time.

import { type SimpleQueue, task } from '@heddle/core';
import { describe } from '../trouble.ts';
import type { Assignment, AttemptEnd, Report, RunnerOptions } from './assignment.ts';
import { capturePrinting, runModule } from './module-job.ts';
import { Output } from './output.ts';
import { runShell } from './shell-job.ts';

/** Makes one attempt after the other until it is told to end. */
export const runnerThread: typeof run = task(import.meta, run);

async function run(
  slot: number,
  inbox: SimpleQueue<Assignment | 'end'>,
  outbox: SimpleQueue<Report>,
  options: RunnerOptions,
): Promise<void> {
  capturePrinting();
  for (;;) {
    // Blocks: what jobs have left behind in this thread rests while there is nothing to do.
    const assignment = inbox.get();
    if (assignment === 'end') return;
    const onProcess = (pid: number): void => outbox.put({ type: 'process', slot, run: assignment.run, pid });
    if (assignment.isTimed) outbox.put({ type: 'begin', slot, run: assignment.run });
    const end = await attempt(assignment, options, onProcess);
    outbox.put({ type: 'end', slot, run: assignment.run, end });
    assignment.stop.dispose();
  }
}

async function attempt(
  assignment: Assignment,
  options: RunnerOptions,
  onProcess: (pid: number) => void,
): Promise<AttemptEnd> {
  const startedAt = Date.now();
  const output = new Output(options.outputLimit);
  let result: string | null = null;
  try {
    if (assignment.stop.isSet) throw new Error('it was stopped before it began');
    if (assignment.action.command === undefined) {
      result = toJson(await runModule(assignment, options.jobs, output), options.outputLimit);
    } else if (options.allowShell) {
      await runShell(assignment, options.jobs, output, onProcess);
    } else {
      throw new Error('commands are switched off here ("shell": "off" in the configuration)');
    }
    return { state: 'succeeded', startedAt, endedAt: Date.now(), output: output.take(), result, error: null };
  } catch (error) {
    return {
      state: 'failed',
      startedAt,
      endedAt: Date.now(),
      output: output.take(),
      result,
      error: explainFailure(error),
    };
  }
}

function toJson(value: unknown, limit: number): string | null {
  if (value === undefined) return null;
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    return JSON.stringify(`what it returned is not JSON: ${describe(error)}`);
  }
  if (json === undefined) return null;
  return json.length <= limit
    ? json
    : JSON.stringify(`what it returned is ${json.length} characters long, more than ${limit}`);
}

const MOST_OF_AN_ERROR = 8000;

/** Without what is ours: from the call of the job's function down. */
function stackOf({ name, message, stack = `${name}: ${message}` }: Error): string {
  const lines = stack.split('\n');
  const ours = lines.findIndex(line => /^\s+at .*[/\\]run[/\\]module-job\.[jt]s:/.test(line));
  // Its module's address says when it was changed.
  return (ours < 1 ? lines : lines.slice(0, ours)).join('\n').replaceAll(/\?changed=[\d.]+(?=[:)])/g, '');
}

function explainFailure(error: unknown): string {
  let text: string;
  try {
    text = error instanceof Error ? stackOf(error) : `threw ${String(error)}`;
  } catch {
    text = "threw something that can't be shown";
  }
  return (text.length <= MOST_OF_AN_ERROR ? text : `${text.slice(0, MOST_OF_AN_ERROR)} …`).toWellFormed();
}
