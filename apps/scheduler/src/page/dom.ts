// The few things that the page does with elements. Text only ever goes in as text.

/** Finds an element that is in the page for certain. */
export function find<T extends HTMLElement = HTMLElement>(selector: string): T {
  const element = document.querySelector<T>(selector);
  if (element === null) throw new Error(`${selector} is missing in the page`);
  return element;
}

interface Attributes {
  readonly class?: string;
  readonly title?: string;
  readonly role?: string;
  readonly onclick?: () => void;
  readonly [attribute: `aria-${string}` | `data-${string}`]: string | undefined;
}

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes) as [string, string | (() => void) | undefined][]) {
    if (typeof value === 'function') element.addEventListener('click', value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Makes a button; `label` says to a screen reader more than the text does. */
export function button(text: string, label: string, onclick: () => void, kind?: string): HTMLButtonElement {
  const element = make(
    'button',
    { 'aria-label': label, title: label, onclick, ...(kind === undefined ? {} : { class: kind }) },
    text,
  );
  element.type = 'button';
  return element;
}

/**
 * Puts rows into a table's body. Rows whose text is as it was stay the elements that they are, so that the focus stays where it is while the page lives.
 */
export function putRows(
  table: string,
  rows: readonly { key: string; version: string; cells: () => HTMLElement[] }[],
  columns: number,
  none: string,
): void {
  const body = find(`${table} tbody`);
  // Where a row is shown as a card, each cell says what it is.
  const names = [...find(`${table} thead`).querySelectorAll('th')].map(each => each.textContent.trim());
  const known = new Map(
    [...body.children].map(row => [(row as HTMLElement).dataset['key'], row as HTMLElement]),
  );
  const wanted = rows.map(({ key, version, cells }) => {
    const present = known.get(key);
    if (present !== undefined && present.dataset['version'] === version) return present;
    const row = make('tr', { role: 'row', 'data-key': key, 'data-version': version }, ...cells());
    for (const [index, cell] of [...row.children].entries()) {
      (cell as HTMLElement).dataset['name'] = names[index] ?? '';
      cell.role = 'cell';
    }
    const focused =
      present?.contains(document.activeElement) === true
        ? document.activeElement?.getAttribute('aria-label')
        : undefined;
    if (present !== undefined && typeof focused === 'string') {
      present.replaceWith(row);
      // What was focused may have changed its name (pause, resume): then the first one.
      const again = [...row.querySelectorAll('button')].find(
        each => each.getAttribute('aria-label') === focused,
      );
      (again ?? row.querySelector('button'))?.focus();
    }
    return row;
  });
  if (wanted.length === 0) {
    const cell = make('td', { class: 'empty', role: 'cell' }, none);
    cell.colSpan = columns;
    body.replaceChildren(make('tr', { role: 'row' }, cell));
    return;
  }
  // Only what is out of place is moved: to move an element takes the focus from it.
  let place = body.firstElementChild;
  for (const row of wanted) {
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  while (place !== null) {
    const next: Element | null = place.nextElementSibling;
    place.remove();
    place = next;
  }
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;

/** Says something for a few seconds. */
export function say(text: string): void {
  const toast = find('#toast');
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.hidden = true), 6000);
}
