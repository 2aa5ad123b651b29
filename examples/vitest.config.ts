import { mergeConfig } from 'vitest/config';
import { testBuilt } from '../vitest.base.ts';

export default mergeConfig(testBuilt, { test: { include: ['*.test.ts'], maxConcurrency: 2 } });
