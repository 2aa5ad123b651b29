import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { machineClock } from './clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY = 86_400_000;

test('a timer of a year rings after a year, and not at once', () => {
  const call = vi.fn<() => void>();
  machineClock.after(365 * DAY, call);
  vi.advanceTimersByTime(365 * DAY - 1);
  expect(call).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(call).toHaveBeenCalledTimes(1);
});

test('a long timer is called off in its later parts too', () => {
  const call = vi.fn<() => void>();
  const cancel = machineClock.after(60 * DAY, call);
  vi.advanceTimersByTime(40 * DAY);
  cancel();
  vi.advanceTimersByTime(40 * DAY);
  expect(call).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
