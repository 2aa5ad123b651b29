import { mergeConfig, type ViteUserConfig } from 'vitest/config';
import { testSources } from '../../vitest.base.ts';

// Long runs: hammers and seeded explorations that are too slow for every change.
const config: ViteUserConfig = mergeConfig(testSources, { test: { testTimeout: 600_000 } });
config.test!.include = ['src/**/*.stress.ts', 'test/**/*.stress.ts'];
config.test!.reporters = ['verbose'];

export default config;
