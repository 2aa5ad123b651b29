import { mergeConfig, type ViteUserConfig } from 'vitest/config';
import { testSources } from '../../vitest.base.ts';

// Long runs: hammers and seeded explorations that are too slow for every change.
const config: ViteUserConfig = mergeConfig(testSources, { test: { testTimeout: 600_000 } });
config.test!.include = [
  'src/**/*.stress.ts',
  'test/**/*.stress.ts',
  // Tests of every day, of which chance finds more in more rounds (`test/support/amount.ts`).
  'src/codec/codec.test.ts',
  'test/comlink/threads.test.ts',
  'test/executor/tasks.test.ts',
  'test/queue/death.test.ts',
  'test/queue/hammer.test.ts',
  'test/sync/event.test.ts',
];
config.test!.env = { ...config.test!.env, HEDDLE_LONG: '1' };
config.test!.reporters = ['verbose'];

export default config;
