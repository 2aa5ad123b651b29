import { mergeConfig } from 'vitest/config';
import { testBuilt } from '../../vitest.base.ts';

// Programs run two at a time: most of them spend their time in starting.
export default mergeConfig(testBuilt, { test: { maxConcurrency: 2, include: ['test/**/*.test.ts'] } });
