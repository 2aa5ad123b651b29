// The table of jobs, and of what runs.

import { printable } from '../printable.ts';
import { ask } from './api.ts';
import { button, find, make, putRows, say } from './dom.ts';
import { editJob, type JobData } from './form.ts';
import { showDuration, showFull, showSchedule, showTime } from './format.ts';
import { cancelButton, showHistoryOf } from './history.ts';

interface JobList {
  readonly jobs: readonly JobData[];
  readonly total: number;
  readonly next: string | null;
}

let limit = 50;

/** Reads and shows the jobs that are looked for. */
export async function drawJobs(): Promise<void> {
  const q = encodeURIComponent(find<HTMLInputElement>('#find').value);
  const tag = encodeURIComponent(find<HTMLInputElement>('#tag').value.trim());
  const { jobs, total, next } = await ask<JobList>('GET', `/api/jobs?limit=${limit}&q=${q}&tag=${tag}`);
  find('#jobs-count').textContent =
    total === jobs.length ? `${total}` : `${jobs.length} of ${total.toLocaleString()}`;
  find('#more-jobs').hidden = next === null;
  const none = q === '' && tag === '' ? 'no jobs yet: add the first one' : 'no job is called that';
  putRows(
    '#jobs',
    jobs.map(job => ({ key: job.id, version: JSON.stringify(job), cells: () => cells(job) })),
    5,
    none,
  );
}

export function moreJobs(): void {
  limit = Math.min(1000, limit * 2);
  void drawJobs();
}

function cells(job: JobData): HTMLElement[] {
  const { id } = job;
  const what =
    job.run.command === undefined
      ? `${job.run.module}${job.run.export === undefined ? '' : ` ${job.run.export}()`}`
      : `$ ${printable(job.run.command)}`;
  const name = make(
    'td',
    {},
    button(id, `Edit ${id}`, () => editJob(job), 'link'),
  );
  if (job.group !== undefined)
    name.append(make('span', { class: 'chip group', title: 'its group' }, job.group));
  for (const tag of job.tags ?? []) name.append(make('span', { class: 'chip' }, tag));
  name.append(
    make('span', { class: 'under' }, job.description === undefined ? what : printable(job.description)),
  );
  const schedule = make('td', { class: 'nowrap' }, showSchedule(job.schedule));
  if (job.schedule.timeZone !== undefined)
    schedule.append(
      make('span', { class: 'under zone', title: job.schedule.timeZone }, job.schedule.timeZone),
    );
  const next = make('td', { class: 'nowrap' }, showNext(job));
  if (job.nextAt !== null) next.title = showFull(job.nextAt);
  const last = make('td', { class: 'nowrap' });
  if (job.running > 0) last.append(make('span', { class: 'state running' }, 'running'));
  else if (job.last !== null)
    last.append(
      make('span', { class: `state ${job.last.state}` }, job.last.state),
      make('span', { class: 'under' }, showTime(job.last.at)),
    );
  else last.append(showTime(job.lastAt));
  const act = (method: string, path: string, done: string) => (): void => {
    void tell(method, `/api/jobs/${encodeURIComponent(id)}${path}`, done);
  };
  const actions = make(
    'td',
    { class: 'actions' },
    button('Run', `Run ${id} now`, act('POST', '/run', `${id} is to run now`)),
    ' ',
    job.paused
      ? button('Resume', `Resume ${id}`, act('POST', '/resume', `${id} goes on`))
      : button('Pause', `Pause ${id}`, act('POST', '/pause', `${id} rests`)),
    ' ',
    button('History', `History of ${id}`, () => showHistoryOf(id)),
    ' ',
    button('Remove', `Remove ${id}`, () => void confirmRemoval(id)),
  );
  return [name, schedule, next, last, actions];
}

function showNext({ paused, groupPaused, nextAt }: JobData): string {
  if (paused) return 'paused';
  return groupPaused ? 'group paused' : showTime(nextAt);
}

async function tell(method: string, path: string, done: string): Promise<void> {
  try {
    await ask(method, path);
    say(done);
    await drawJobs();
  } catch (error) {
    report(error);
  }
}

async function confirmRemoval(id: string): Promise<void> {
  const dialog = find<HTMLDialogElement>('#confirm-dialog');
  find('#confirm-text').textContent = `Remove ${id} and its history?`;
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
  if (dialog.returnValue !== 'yes') return;
  await ask('DELETE', `/api/jobs/${encodeURIComponent(id)}`).then(() => say(`${id} was removed`), report);
  await drawJobs();
  find('#h-jobs').focus();
}

/** Says what went wrong. */
export function report(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
}

export interface OpenRun {
  readonly id: string;
  readonly job: string;
  readonly stage: string;
  readonly stopping: string | null;
  readonly attempt: number;
  readonly startedAt: number | null;
}

/** Shows what runs. */
export function drawRunning(runs: readonly OpenRun[], now: number): void {
  const rows = runs.map(run => {
    const since = run.startedAt === null ? '–' : showDuration(now - run.startedAt);
    const state = run.stopping === null ? 'running' : `stopping (${run.stopping})`;
    return {
      key: run.id,
      version: `${run.attempt} ${state} ${since}`,
      cells: () => [
        make('td', {}, run.job, make('span', { class: 'under' }, run.id)),
        make('td', { class: 'nowrap' }, since),
        make('td', { class: 'number' }, String(run.attempt)),
        make('td', {}, make('span', { class: 'state running' }, state)),
        make('td', { class: 'actions' }, cancelButton(run.id, run.job)),
      ],
    };
  });
  putRows('#running', rows, 5, 'nothing runs');
}
