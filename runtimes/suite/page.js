/** Asks the server which scenario is next, runs it in this page, tells how it ended, and reloads for the next one. */
import { scenarios } from './every.js';
import { windowScenarios } from './window.js';

const all = [...scenarios, ...windowScenarios];
const tell = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body) });

/** When the server has gone, nobody wants to know; a rejection here would be logged, and that again, without end. */
const log = text => void tell('/log', text).catch(() => {});

addEventListener('error', event => log(String(event.error?.stack ?? event.message)));
addEventListener('unhandledrejection', event => log(String(event.reason?.stack ?? event.reason)));

const { name } = await (await fetch('/next')).json();
if (name !== undefined) {
  const began = performance.now();
  let outcome;
  try {
    const note = await all.find(each => each.name === name).run();
    outcome = { ok: true, note };
  } catch (error) {
    outcome = { ok: false, error: `${error}\n${error?.stack}` };
  }
  await tell('/result', { ...outcome, name, ms: performance.now() - began });
  location.reload();
}
