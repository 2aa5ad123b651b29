import { expect, test } from 'vitest';
import { missingFeature } from './node-version.ts';

test.each(['22.16.0', '22.23.3', '24.0.0', '26.10.0', '100.0.0'])('Node %s will do', version => {
  expect(missingFeature(version)).toBeUndefined();
});

test.each(['20.19.0', '22.15.1', '21.7.0', '23.11.1', '18.0.0'])('Node %s will not', version => {
  expect(missingFeature(version)).toBe(
    `heddle-scheduler needs Node 22.16+ or 24+, which have SQLite built in; this is Node ${version}.`,
  );
});
