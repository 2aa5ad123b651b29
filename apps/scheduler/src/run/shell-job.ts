// Runs a job that is a command: in a process group of its own, so that it can be ended with everything that it started.

import { spawn } from 'node:child_process';
import type { Assignment } from './assignment.ts';
import type { Output } from './output.ts';

/** Where in this program it was noticed tells nobody anything. */
class CommandFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandFailure';
    this.stack = message;
  }
}

/** Runs the command. Resolves when it has ended with 0; rejects otherwise. `onProcess` hears which process it is. */
export async function runShell(
  assignment: Assignment,
  jobs: string | null,
  output: Output,
  onProcess: (pid: number) => void,
): Promise<void> {
  const { command, cwd, env } = assignment.action;
  const child = spawn('/bin/sh', ['-c', command!], {
    cwd: cwd ?? jobs ?? undefined,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // The token that opens the scheduler's page is none of a job's business.
      HEDDLE_SCHEDULER_TOKEN: undefined,
      ...env,
      HEDDLE_JOB: assignment.job,
      HEDDLE_RUN_ID: assignment.run,
      HEDDLE_ATTEMPT: String(assignment.attempt),
      HEDDLE_SCHEDULED_FOR: new Date(assignment.scheduledFor).toISOString(),
      HEDDLE_FENCING_TOKEN: String(assignment.token),
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.add(text));
  }
  const over = new AbortController();
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0 && assignment.stop.isSet) {
        // As a module's function that returns then: who can say whether that was all?
        reject(new CommandFailure('the command was asked to stop, and ended with exit code 0'));
      } else if (code === 0) resolve();
      else
        reject(
          new CommandFailure(
            signal === null
              ? `the command ended with exit code ${code}`
              : `the command was ended by ${signal}`,
          ),
        );
    });
  });
  if (child.pid !== undefined) {
    const { pid } = child;
    onProcess(pid);
    assignment.stop.waitAsync({ signal: over.signal }).then(
      () => endGroup(pid, 'SIGTERM'),
      () => {},
    );
  }
  try {
    await ended;
  } finally {
    over.abort();
  }
}

/** Sends a signal to a process group. */
export function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
