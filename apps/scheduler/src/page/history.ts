// The table of runs, and one run with all that it printed.

import { printable } from '../printable.ts';
import { ask } from './api.ts';
import { button, find, make, putRows, say } from './dom.ts';
import { showDuration, showFull, showTime } from './format.ts';

interface Attempt {
  readonly attempt: number;
  readonly state: string;
  readonly error: string | null;
  readonly output: string | null;
}

interface RunData {
  readonly seq: number;
  readonly id: string;
  readonly job: string;
  readonly state: string;
  readonly cause: string;
  readonly attempt: number;
  readonly scheduledFor: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly retryAt: number | null;
  readonly output: string | null;
  readonly result: string | null;
  readonly error: string | null;
  readonly attempts?: readonly Attempt[];
}

let limit = 25;

export async function drawHistory(): Promise<void> {
  const job = find<HTMLInputElement>('#history-job').value.trim();
  const state = find<HTMLSelectElement>('#history-state').value;
  const query = `limit=${limit}${job === '' ? '' : `&job=${encodeURIComponent(job)}`}${state === '' ? '' : `&state=${state}`}`;
  const { runs } = await ask<{ runs: readonly RunData[] }>('GET', `/api/runs?${query}`);
  find('#more-runs').hidden = runs.length < limit || limit >= 1000;
  putRows(
    '#history',
    runs.map(run => ({ key: run.id, version: JSON.stringify(run), cells: () => cells(run) })),
    6,
    'no runs',
  );
}

export function moreRuns(): void {
  limit = Math.min(1000, limit * 2);
  void drawHistory();
}

export function showHistoryOf(job: string): void {
  find<HTMLInputElement>('#history-job').value = job;
  void drawHistory();
  find('#history-job').focus();
}

function cells(run: RunData): HTMLElement[] {
  const took =
    run.startedAt === null || run.endedAt === null ? '–' : showDuration(run.endedAt - run.startedAt);
  return [
    make(
      'td',
      {},
      run.job,
      make(
        'span',
        { class: 'under' },
        `${run.cause === 'manual' ? 'by hand' : 'due'} ${showTime(run.scheduledFor)}`,
      ),
    ),
    make('td', {}, make('span', { class: `state ${run.state}` }, run.state)),
    make('td', { class: 'nowrap' }, showTime(run.startedAt)),
    make('td', { class: 'number nowrap' }, took),
    says(run),
    make(
      'td',
      { class: 'actions' },
      ...(OPEN.has(run.state) ? [cancelButton(run.id, run.job), ' '] : []),
      button('Details', `Details of ${run.id}`, () => void showRun(run.id)),
    ),
  ];
}

/** States in which a run isn't over, and can be cancelled. */
const OPEN: ReadonlySet<string> = new Set(['queued', 'running', 'retrying']);

function says({ state, retryAt, error, result, output }: RunData): HTMLElement {
  if (state === 'retrying' && retryAt !== null)
    return make('td', { class: 'says' }, `tried again at ${showTime(retryAt)}`);
  const line = (error ?? result ?? output ?? '').split('\n')[0]!;
  return make('td', { class: 'says mono' }, printable(line));
}

/** A button that asks a run to stop. */
export function cancelButton(id: string, job: string): HTMLButtonElement {
  return button('Cancel', `Cancel ${id}`, () => {
    ask('POST', `/api/runs/${encodeURIComponent(id)}/cancel`).then(
      () => say(`${job} was asked to stop`),
      (error: unknown) => say(error instanceof Error ? error.message : String(error)),
    );
  });
}

async function showRun(id: string): Promise<void> {
  const run = await ask<RunData>('GET', `/api/runs/${encodeURIComponent(id)}`);
  find('#run-title').textContent = run.id;
  const body = find('#run-body');
  const facts = [
    `${run.state}, attempt ${run.attempt}`,
    `due ${showFull(run.scheduledFor)}`,
    run.startedAt === null ? 'did not begin' : `began ${showFull(run.startedAt)}`,
    ...(run.startedAt !== null && run.endedAt !== null
      ? [`took ${showDuration(run.endedAt - run.startedAt)}`]
      : []),
    ...(run.retryAt === null ? [] : [`tried again ${showFull(run.retryAt)}`]),
  ];
  body.replaceChildren(make('p', { class: 'quiet' }, facts.join(' · ')));
  const part = (title: string, text: string | null): void => {
    if (text !== null && text !== '') body.append(make('h3', {}, title), make('pre', {}, printable(text)));
  };
  part('Output', run.output);
  part('Result', run.result);
  part('Error', run.error);
  for (const attempt of run.attempts ?? [])
    part(
      `Attempt ${attempt.attempt}: ${attempt.state}`,
      [attempt.output, attempt.error].filter(Boolean).join('\n'),
    );
  find<HTMLDialogElement>('#run-dialog').showModal();
}
