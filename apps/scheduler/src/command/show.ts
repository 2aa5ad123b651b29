// What `list` and `history` print.

import type { JobSpec } from '../job/spec.ts';
import type { AttemptRow, JobRow, RunRow } from '../store/reads.ts';
import { printable } from '../printable.ts';
import { formatDuration } from '../time/duration.ts';
import type { GroupState } from './database.ts';
import { showTime, table } from './table.ts';

/** A schedule in a few words. */
function showSchedule({ at, every, mode, cron, timeZone }: JobSpec['schedule']): string {
  if (at !== undefined) return `once`;
  if (every !== undefined)
    return `every ${formatDuration(every)}${mode === 'fixedDelay' ? ' after its end' : ''}`;
  return `${cron} (${timeZone})`;
}

function showAction({ module, export: name, command }: JobSpec['run']): string {
  const text =
    command === undefined
      ? `${module}${name === undefined ? '' : ` ${name}()`}`
      : `$ ${printable(command.split('\n')[0]!)}`;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `paused` are the groups that rest. */
export function showJobs(jobs: readonly JobRow[], paused: ReadonlySet<string>): string[] {
  if (jobs.length === 0) return ['no jobs'];
  return table(
    ['job', 'schedule', 'next', 'last', 'runs'],
    jobs.map(job => [
      job.id,
      showSchedule(job.spec.schedule),
      showNext(job, paused),
      showTime(job.lastAt),
      showAction(job.spec.run),
    ]),
  );
}

function showNext({ paused, spec, nextAt }: JobRow, groups: ReadonlySet<string>): string {
  if (paused) return 'paused';
  return spec.group !== undefined && groups.has(spec.group) ? 'group paused' : showTime(nextAt);
}

export function showGroups(groups: readonly GroupState[]): string[] {
  if (groups.length === 0) return ['no groups'];
  return table(
    ['group', 'state', 'limit', 'jobs', 'open runs'],
    groups.map(({ name, paused, most, jobs, open }) => [
      name,
      paused ? 'paused' : 'active',
      String(most ?? 'none'),
      jobs,
      open,
    ]),
  );
}

export function showRuns(runs: readonly RunRow[]): string[] {
  if (runs.length === 0) return ['no runs'];
  return table(
    ['run', 'state', 'began', 'took', 'attempt', 'says'],
    runs.map(run => [
      run.id,
      run.state,
      showTime(run.startedAt),
      run.startedAt === null || run.endedAt === null
        ? '–'
        : formatDuration(Math.max(0, run.endedAt - run.startedAt)),
      run.attempt,
      says(run),
    ]),
  );
}

function says({ state, retryAt, error, result, output }: RunRow): string {
  if (state === 'retrying') return `tried again at ${showTime(retryAt)}`;
  const line = printable((error ?? result ?? output ?? '').trim().split('\n')[0]!);
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

/** One run with all that it printed, and the attempts before. */
export function showRun(run: RunRow, attempts: readonly AttemptRow[]): string[] {
  const lines = showRuns([run]);
  for (const { attempt, state, output, error } of attempts) {
    lines.push('', `attempt ${attempt} ${state}:`);
    for (const text of [output, error]) if (text !== null) lines.push(printable(text.trimEnd()));
  }
  if (attempts.length > 0 && run.endedAt !== null) lines.push('', `attempt ${run.attempt} ${run.state}:`);
  for (const text of [run.output, run.result, run.error]) {
    if (text === null) continue;
    if (attempts.length === 0) lines.push('');
    lines.push(printable(text.trimEnd()));
  }
  return lines;
}
