// The form for adding and changing a job. What is wrong the scheduler says, and the form shows it at the field.

import { ApiError, ask } from './api.ts';
import { find, say } from './dom.ts';
import { showFull, writeDuration } from './format.ts';

export interface JobData {
  readonly id: string;
  readonly description?: string;
  readonly schedule: {
    readonly at?: number;
    readonly every?: number;
    readonly mode?: string;
    readonly startAt?: number;
    readonly cron?: string;
    readonly timeZone?: string;
  };
  readonly run: {
    readonly module?: string;
    readonly export?: string;
    readonly args?: unknown;
    readonly command?: string;
    readonly cwd?: string;
    readonly env?: unknown;
  };
  readonly timeout?: number;
  readonly retry: {
    readonly attempts: number;
    readonly min: number;
    readonly max: number;
    readonly factor: number;
    readonly jitter: number;
  };
  readonly overlap: string;
  readonly queueLimit: number;
  readonly missed: { readonly policy: string; readonly grace: number; readonly limit: number };
  readonly priority: number;
  readonly group?: string;
  readonly tags: readonly string[];
  readonly keep: number;
  readonly removeOnComplete?: boolean;
  readonly revision: number;
  readonly paused: boolean;
  readonly groupPaused: boolean;
  readonly nextAt: number | null;
  readonly lastAt: number | null;
  readonly running: number;
  readonly last: { readonly state: string; readonly at: number } | null;
}

const form = find<HTMLFormElement>('#job-form');
const dialog = find<HTMLDialogElement>('#job-dialog');
let editing: JobData | undefined;
let onSaved: () => void = () => {};
let zone = '';
let previewTimer: ReturnType<typeof setTimeout> | undefined;

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function field(name: string): Field {
  return form.elements.namedItem(name) as Field;
}

function value(name: string): string | undefined {
  const text = (new FormData(form).get(name) as string | null)?.trim();
  return text === '' || text === null ? undefined : text;
}

/** Prepares the form. */
export function setUpForm(saved: () => void): void {
  onSaved = saved;
  form.addEventListener('input', () => {
    showParts();
    clearTimeout(previewTimer);
    previewTimer = setTimeout(() => void preview(), 250);
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    void save();
  });
  find('#job-close').addEventListener('click', () => dialog.close());
}

/** What the scheduler allows, and where it is. */
export function allow(shell: string, timeZone: string): void {
  zone = timeZone;
  find('#kind-command').hidden = shell !== 'http';
}

export function addJob(): void {
  open(undefined, 'Add job');
}

export function editJob(job: JobData): void {
  open(job, `Edit ${job.id}`);
}

function open(job: JobData | undefined, title: string): void {
  editing = job;
  form.reset();
  find('#job-title').textContent = title;
  const fill = (name: string, text: string | number | undefined): void => {
    if (text !== undefined) field(name).value = String(text);
  };
  fill('timeZone', job?.schedule.timeZone ?? zone);
  (field('id') as HTMLInputElement).readOnly = job !== undefined;
  if (job !== undefined) {
    const { schedule, run } = job;
    const when = schedule.at === undefined ? (schedule.every === undefined ? 'cron' : 'every') : 'at';
    choose('when', when);
    choose('kind', run.command === undefined ? 'module' : 'command');
    fill('id', job.id);
    fill('description', job.description);
    fill('module', run.module);
    fill('export', run.export);
    fill('args', run.args === undefined ? undefined : JSON.stringify(run.args));
    fill('command', run.command);
    fill('cron', schedule.cron);
    fill('every', schedule.every === undefined ? undefined : writeDuration(schedule.every));
    fill('mode', schedule.mode);
    fill('at', schedule.at === undefined ? undefined : localTime(schedule.at));
    fill('timeout', job.timeout === undefined ? undefined : writeDuration(job.timeout));
    fill('attempts', job.retry.attempts);
    fill('retryMin', writeDuration(job.retry.min));
    fill('overlap', job.overlap);
    fill('missed', job.missed.policy);
    fill('priority', job.priority);
    fill('group', job.group);
    fill('tags', job.tags.join(' '));
    fill('keep', job.keep);
    removal().checked = job.removeOnComplete === true;
  }
  showProblems([]);
  showParts();
  void preview();
  dialog.showModal();
  (job === undefined ? field('id') : field('description')).focus();
}

function choose(name: string, choice: string): void {
  (form.elements.namedItem(name) as RadioNodeList).value = choice;
}

function showParts(): void {
  const data = new FormData(form);
  for (const name of ['when', 'kind']) {
    for (const part of form.querySelectorAll<HTMLElement>(`[data-${name}]`))
      part.hidden = !part.dataset[name]!.split(' ').includes(data.get(name) as string);
  }
}

/** For an input of type datetime-local. */
function localTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19);
}

function readSchedule(): Record<string, unknown> {
  const when = value('when');
  if (when === 'cron') return { cron: value('cron') ?? '', timeZone: value('timeZone') };
  if (when === 'every') {
    const { every, startAt } = editing?.schedule ?? {};
    const text = value('every') ?? '';
    // An interval that wasn't changed keeps its rhythm.
    const keeps = every !== undefined && text === writeDuration(every);
    return { every: keeps ? every : text, mode: value('mode'), ...(keeps ? { startAt } : {}) };
  }
  if (when === 'after') return { after: value('after') ?? '' };
  const at = value('at');
  const before = editing?.schedule.at;
  if (before !== undefined && at === localTime(before)) return { at: before };
  return { at: at === undefined ? '' : new Date(at).getTime() };
}

function readJob(): Record<string, unknown> {
  const args = value('args');
  const isCommand = value('kind') === 'command';
  const { cwd, env } = editing?.run ?? {};
  return {
    id: value('id'),
    description: value('description'),
    schedule: readSchedule(),
    run: isCommand
      ? { command: value('command') ?? '', cwd, env }
      : {
          module: value('module') ?? '',
          export: value('export'),
          ...(args === undefined ? {} : { args: parseArgs(args) }),
        },
    timeout: value('timeout'),
    retry: { ...editing?.retry, attempts: whole('attempts') ?? 1, min: value('retryMin') },
    overlap: value('overlap'),
    queueLimit: editing?.queueLimit,
    missed: { ...editing?.missed, policy: value('missed') },
    priority: whole('priority'),
    group: value('group'),
    tags: value('tags')?.split(/[\s,]+/) ?? [],
    keep: whole('keep'),
    removeOnComplete: isOnce() && removal().checked,
  };
}

function removal(): HTMLInputElement {
  return field('removeOnComplete') as HTMLInputElement;
}

function isOnce(): boolean {
  return value('when') === 'at' || value('when') === 'after';
}

function whole(name: string): number | string | undefined {
  const text = value(name);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : text;
}

function parseArgs(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiError(400, {
      error: 'The arguments are not JSON',
      fields: [{ field: 'run.args', message: (error as Error).message }],
    });
  }
}

async function save(): Promise<void> {
  try {
    const job = readJob();
    if (editing === undefined) await ask('POST', '/api/jobs', job);
    else
      await ask('PUT', `/api/jobs/${encodeURIComponent(editing.id)}`, job, {
        'if-match': `"${editing.revision}"`,
      });
    dialog.close();
    say(editing === undefined ? `${String(job['id'] ?? 'the job')} was added` : `${editing.id} was changed`);
    onSaved();
  } catch (error) {
    if (error instanceof ApiError)
      showProblems(error.fields.length === 0 ? [{ field: '', message: error.message }] : error.fields);
    else showProblems([{ field: '', message: (error as Error).message }]);
  }
}

/** Names of the scheduler's fields to those of the form. */
const NAMES: Readonly<Record<string, string>> = {
  'retry.attempts': 'attempts',
  'retry.min': 'retryMin',
  'missed.policy': 'missed',
};

function showProblems(problems: readonly { field: string; message: string }[]): void {
  for (const element of form.querySelectorAll('[aria-invalid]')) element.removeAttribute('aria-invalid');
  const box = find('#form-error');
  box.hidden = problems.length === 0;
  box.textContent = problems.map(({ field, message }) => `${field} ${message}`.trim()).join(' · ');
  let first: HTMLElement | undefined;
  for (const problem of problems) {
    const name =
      NAMES[problem.field] ??
      problem.field.split('.')[problem.field.startsWith('tags') ? 0 : problem.field.split('.').length - 1]!;
    const element = form.elements.namedItem(name);
    if (!(element instanceof HTMLElement)) continue;
    element.setAttribute('aria-invalid', 'true');
    element.setAttribute('aria-describedby', 'form-error');
    first ??= element;
  }
  first?.focus();
}

async function preview(): Promise<void> {
  const box = find('#preview');
  const schedule = readSchedule();
  const isEmpty = Object.entries(schedule).every(
    ([name, each]) => name === 'timeZone' || name === 'mode' || each === '' || each === undefined,
  );
  if (isEmpty) {
    box.textContent = '';
    return;
  }
  try {
    const { times } = await ask<{ times: readonly number[] }>('POST', '/api/preview', { schedule, count: 3 });
    box.textContent =
      times.length === 0 ? 'never again' : `next: ${times.map(time => showFull(time)).join(' · ')}`;
  } catch (error) {
    box.textContent = error instanceof ApiError ? (error.fields[0]?.message ?? error.message) : '';
  }
}
