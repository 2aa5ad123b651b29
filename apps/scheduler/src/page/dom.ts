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

/** Whether a mouse button, a finger or the space bar is down. */
let isPressed = false;
/** Tables that are to be drawn when it is up again. */
const later = new Map<string, () => void>();

// A click is one only if the same button is under the pointer when it goes up as when it went down, so nothing is replaced between.
for (const type of ['pointerdown', 'pointerup', 'pointercancel', 'keydown', 'keyup', 'blur']) {
  addEventListener(
    type,
    event => {
      if (event instanceof KeyboardEvent && event.key !== ' ') return;
      if (type === 'pointerdown' || type === 'keydown') {
        isPressed = true;
        return;
      }
      // The click itself comes behind this.
      setTimeout(() => {
        isPressed = false;
        for (const draw of [...later.values()]) draw();
      });
    },
    true,
  );
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
  if (isPressed) {
    later.set(table, () => putRows(table, rows, columns, none));
    return;
  }
  later.delete(table);
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
    const place =
      present === undefined ? -1 : buttonsOf(present).indexOf(document.activeElement as HTMLElement);
    if (present !== undefined && place >= 0) {
      const label = document.activeElement!.getAttribute('aria-label');
      present.replaceWith(row);
      const buttons = buttonsOf(row);
      // What was focused may have changed its name (pause, resume): then it is the one in its place.
      const again = buttons.find(each => each.getAttribute('aria-label') === label);
      (again ?? buttons[Math.min(place, buttons.length - 1)])?.focus();
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

function buttonsOf(row: HTMLElement): HTMLElement[] {
  return [...row.querySelectorAll('button')];
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
