#!/usr/bin/env node
// Starts the program, if this Node can run it. Nothing is imported statically that an old Node couldn't load.

import { missingFeature } from './node-version.ts';

const missing = missingFeature(process.versions.node);
if (missing === undefined) {
  const { runProgram } = await import('./program.ts');
  process.exitCode = await runProgram(process.argv.slice(2));
} else {
  console.error(missing);
  process.exitCode = 1;
}
