// The table of groups: what each does, its limit, and whether it rests.

import { ApiError, ask } from './api.ts';
import { button, find, make, putRows, say } from './dom.ts';
import { report } from './jobs.ts';

export interface Group {
  readonly name: string;
  readonly jobs: number;
  readonly running: number;
  readonly waiting: number;
  readonly most: number | null;
  readonly paused: boolean;
}

const form = find<HTMLFormElement>('#group-form');
const dialog = find<HTMLDialogElement>('#group-dialog');
let limiting = '';

/** Prepares the form for limits. */
export function setUpGroups(): void {
  form.addEventListener('submit', event => {
    event.preventDefault();
    void save();
  });
  find('#group-close').addEventListener('click', () => dialog.close());
}

export function drawGroups(groups: readonly Group[]): void {
  find('#groups-section').hidden = groups.length === 0;
  const rows = groups.map(group => ({
    key: group.name,
    version: JSON.stringify(group),
    cells: () => cells(group),
  }));
  putRows('#groups', rows, 7, 'no groups');
}

function cells(group: Group): HTMLElement[] {
  const { name, paused, most } = group;
  const act = (verb: string, done: string) => (): void => {
    void tell(name, verb, done);
  };
  const count = (of: number): HTMLElement => make('td', { class: 'number' }, of.toLocaleString());
  return [
    make('td', {}, name),
    make(
      'td',
      {},
      make('span', { class: `state ${paused ? 'paused' : 'active'}` }, paused ? 'paused' : 'active'),
    ),
    count(group.jobs),
    count(group.running),
    count(group.waiting),
    make('td', { class: 'number' }, most === null ? 'none' : most.toLocaleString()),
    make(
      'td',
      { class: 'actions' },
      paused
        ? button('Resume', `Resume group ${name}`, act('resume', `the group ${name} goes on`))
        : button('Pause', `Pause group ${name}`, act('pause', `the group ${name} rests`)),
      ' ',
      button('Limit', `Limit of group ${name}`, () => open(group)),
    ),
  ];
}

async function tell(name: string, verb: string, done: string): Promise<void> {
  try {
    await ask('POST', `/api/groups/${encodeURIComponent(name)}/${verb}`);
    say(done);
  } catch (error) {
    report(error);
  }
}

function field(): HTMLInputElement {
  return form.elements.namedItem('most') as HTMLInputElement;
}

function open({ name, most }: Group): void {
  limiting = name;
  form.reset();
  field().value = most === null ? '' : String(most);
  find('#group-title').textContent = `Limit of ${name}`;
  showProblem('');
  dialog.showModal();
  field().select();
}

function showProblem(text: string): void {
  const box = find('#group-error');
  box.hidden = text === '';
  box.textContent = text;
  if (text === '') field().removeAttribute('aria-invalid');
  else field().setAttribute('aria-invalid', 'true');
}

async function save(): Promise<void> {
  const text = field().value.trim();
  try {
    const most = text === '' ? null : /^\d+$/.test(text) ? Number(text) : text;
    await ask('PUT', `/api/groups/${encodeURIComponent(limiting)}`, { most });
    dialog.close();
    say(most === null ? `${limiting} has no limit` : `${limiting} has the limit ${text}`);
  } catch (error) {
    showProblem(error instanceof ApiError ? (error.fields[0]?.message ?? error.message) : String(error));
    field().focus();
  }
}
