// Asks the scheduler. The token, where there is one, stays in this tab.

import { find } from './dom.ts';

const KEY = 'heddle-scheduler-token';

/** What was wrong with a request. */
export class ApiError extends Error {
  readonly status: number;
  readonly fields: readonly { field: string; message: string }[];

  constructor(
    status: number,
    body: { error?: string; fields?: readonly { field: string; message: string }[] },
  ) {
    super(body.error ?? `the scheduler answered ${status}`);
    this.status = status;
    this.fields = body.fields ?? [];
  }
}

export function headers(): Record<string, string> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Asks, and asks for the token if one is needed. */
export async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  more: Record<string, string> = {},
): Promise<T> {
  for (;;) {
    const response = await fetch(path, {
      method,
      headers: {
        ...headers(),
        ...more,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 401) {
      await askForToken();
      continue;
    }
    if (response.status === 204) return undefined as T;
    const answer: unknown = await response.json();
    if (!response.ok) throw new ApiError(response.status, answer as { error?: string });
    return answer as T;
  }
}

let asking: Promise<void> | undefined;

/** Asks the user for the token, once for all who need it. */
export function askForToken(): Promise<void> {
  asking ??= new Promise<void>(resolve => {
    const dialog = find<HTMLDialogElement>('#token-dialog');
    const form = find<HTMLFormElement>('#token-form');
    const problem = find('#token-error');
    problem.hidden = sessionStorage.getItem(KEY) === null;
    problem.textContent = 'This token is wrong.';
    form.onsubmit = () => {
      sessionStorage.setItem(KEY, new FormData(form).get('token') as string);
      form.reset();
      asking = undefined;
      resolve();
    };
    dialog.addEventListener('cancel', event => event.preventDefault());
    dialog.showModal();
  });
  return asking;
}
