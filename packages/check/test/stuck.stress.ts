/** Takes as long as the explorer waits before it says that a thread is stuck. */
import { expect, it } from 'vitest';
import { explore } from '../src/index.ts';
import { plainLoop } from './explore.scenarios.ts';

it('a thread that never comes to an atomic step is said to be stuck', async () => {
  await expect(explore(plainLoop, { replay: 'A1 B1' })).rejects.toThrow(
    'runs without ever reaching an atomic step',
  );
});
