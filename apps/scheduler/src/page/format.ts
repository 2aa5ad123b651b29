// Times and durations, as people read them.

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const full = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** A time; with its day if that is another. */
export function showTime(ms: number | null): string {
  if (ms === null) return '–';
  const isNear = new Date(ms).toDateString() === new Date().toDateString();
  return (isNear ? time : day).format(ms);
}

/** All of it. */
export function showFull(ms: number): string {
  return full.format(ms);
}

/** A length of time. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Number(seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds))} s`;
  const two = (a: string, rest: number, unit: string): string => (rest === 0 ? a : `${a} ${rest} ${unit}`);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(`${minutes} min`, Math.floor(seconds % 60), 's');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? two(`${hours} h`, minutes % 60, 'min') : `${Math.round(hours / 24)} days`;
}

/** As one writes it into a form: exact. */
export function writeDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** A schedule in a few words. */
export function showSchedule(schedule: {
  at?: number;
  every?: number;
  mode?: string;
  cron?: string;
  timeZone?: string;
}): string {
  if (schedule.at !== undefined) return 'once';
  if (schedule.every !== undefined)
    return `every ${showDuration(schedule.every)}${schedule.mode === 'fixedDelay' ? ' after its end' : ''}`;
  return schedule.cron ?? '';
}
