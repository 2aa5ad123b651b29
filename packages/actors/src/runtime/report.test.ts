import { expect, test } from 'vitest';
import { exit } from '../supervision/exit-reason.ts';
import { describeReport } from './report.ts';

test('reports speak English of one, and of several', () => {
  const crash = {
    type: 'crash',
    path: '/a',
    reason: exit.killed,
    message: 'add',
    directive: 'stop',
  } as const;
  expect(
    [
      { type: 'restarted', path: '/a', restarts: 1 } as const,
      { type: 'restarted', path: '/a', restarts: 2 } as const,
      { ...crash, restarts: 0 },
      { ...crash, restarts: 1 },
      { type: 'deadLetters', count: 1, reasons: { stopped: 1 } } as const,
      { type: 'deadLetters', count: 3, reasons: { stopped: 1, dropped: 2 } } as const,
    ].map(describeReport),
  ).toEqual([
    'Actor /a was restarted (once by now)',
    'Actor /a was restarted (2 times by now)',
    'Actor /a failed at message add (restarted 0 times before): stop: killed',
    'Actor /a failed at message add (restarted once before): stop: killed',
    '1 dead letter: 1 stopped',
    '3 dead letters: 1 stopped, 2 dropped',
  ]);
});
