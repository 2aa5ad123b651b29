// The table of runs, and one run with all that it printed.

import { ask } from './api.ts';
import { button, find, make, putRows } from './dom.ts';
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
    make('td', { class: 'says mono' }, (run.error ?? run.result ?? run.output ?? '').split('\n')[0]!),
    make(
      'td',
      { class: 'actions' },
      button('Details', `Details of ${run.id}`, () => void showRun(run.id)),
    ),
  ];
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
  ];
  body.replaceChildren(make('p', { class: 'quiet' }, facts.join(' · ')));
  const part = (title: string, text: string | null): void => {
    if (text !== null && text !== '') body.append(make('h3', {}, title), make('pre', {}, text));
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
