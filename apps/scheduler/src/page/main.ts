// The page: hears of every change of state, and reads anew what is shown of it, not more than once a second.

import { find } from './dom.ts';
import { addJob, allow, setUpForm } from './form.ts';
import { showDuration, showTime } from './format.ts';
import { drawGroups, type Group, setUpGroups } from './groups.ts';
import { drawHistory, moreRuns } from './history.ts';
import { drawJobs, drawRunning, moreJobs, type OpenRun, report } from './jobs.ts';
import { listen } from './live.ts';
import { drawTimeline } from './timeline.ts';

interface State {
  readonly now: number;
  readonly health: { readonly ok: boolean; readonly message: string | null };
  readonly jobs: number;
  readonly nextAt: number | null;
  readonly running: readonly OpenRun[];
  readonly groups: readonly Group[];
  readonly ready: number;
  readonly retrying: number;
  readonly open: number;
  readonly threads: { readonly most: number; readonly busy: number };
  readonly lateness: { readonly p99: number } | null;
  readonly heldUp: { readonly p99: number } | null;
  readonly shell: string;
  readonly timeZone: string;
}

const EVERY_MS = 1000;
let state: State | undefined;
/** How far the scheduler's clock is ahead of this machine's. */
let ahead = 0;
let isPlanned = false;
let lastRead = 0;

function readSoon(): void {
  if (isPlanned) return;
  isPlanned = true;
  setTimeout(
    () => {
      isPlanned = false;
      lastRead = performance.now();
      void Promise.all([drawJobs(), drawHistory(), drawTimeline()]).catch(report);
    },
    Math.max(0, lastRead + EVERY_MS - performance.now()),
  );
}

function draw(): void {
  if (state === undefined) return;
  const now = Date.now() + ahead;
  const { running, threads, groups } = state;
  find('#n-jobs').textContent = state.jobs.toLocaleString();
  find('#n-jobs-name').textContent = state.jobs === 1 ? 'job' : 'jobs';
  find('#n-running').textContent = `${threads.busy} of ${threads.most}`;
  find('#n-waiting').textContent = (state.open - threads.busy).toLocaleString();
  find('#n-next').textContent =
    state.nextAt === null
      ? '–'
      : state.nextAt - now < 86_400_000
        ? `in ${showDuration(state.nextAt - now)}`
        : showTime(state.nextAt);
  find('#n-late').textContent = state.lateness === null ? '–' : showDuration(state.lateness.p99);
  find('#n-held').textContent = state.heldUp === null ? '–' : showDuration(state.heldUp.p99);
  find('#held').hidden = state.heldUp === null;
  drawRunning(running, now);
  drawGroups(groups);
}

function showHealth(ok: boolean, text: string): void {
  find('#health').className = ok ? 'ok' : 'bad';
  find('#health-text').textContent = text;
}

setUpForm(readSoon);
setUpGroups();
find('#zone').textContent = new Intl.DateTimeFormat().resolvedOptions().timeZone;
find('#add').addEventListener('click', addJob);
find('#more-jobs').addEventListener('click', moreJobs);
find('#more-runs').addEventListener('click', moreRuns);
for (const id of ['#find', '#tag']) find(id).addEventListener('input', () => drawJobs().catch(report));
for (const id of ['#history-job', '#history-state'])
  find(id).addEventListener('input', () => drawHistory().catch(report));
find('#minutes').addEventListener('change', () => drawTimeline().catch(report));
document.addEventListener('keydown', event => {
  const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
  if (
    isTyping ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector('dialog[open]') !== null
  )
    return;
  if (event.key === 'n') addJob();
  else if (event.key === '/') find('#find').focus();
  else return;
  event.preventDefault();
});

void listen(
  (each: State) => {
    state = each;
    ahead = each.now - Date.now();
    allow(each.shell, each.timeZone);
    showHealth(each.health.ok, each.health.ok ? 'running' : (each.health.message ?? 'in trouble'));
    draw();
    readSoon();
  },
  () => showHealth(false, "the scheduler can't be reached"),
);
addEventListener('resize', readSoon);
setInterval(draw, 1000);
setInterval(readSoon, 30_000);
