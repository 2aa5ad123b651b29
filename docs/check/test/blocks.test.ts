// Every block of TypeScript or JavaScript in the documents is compiled; those that are programs run, and print what they say.

import { beforeAll, describe, expect, test } from 'vitest';
import { compile, writePrograms } from '../src/compile.ts';
import { readDocuments } from '../src/documents.ts';
import { readExamples } from '../src/doc-comments.ts';
import { readPrograms } from '../src/programs.ts';
import { runProgram } from '../src/run.ts';

const { programs, excused } = readPrograms([...readDocuments(), ...readExamples()]);
let found: Map<string, string[]>;

beforeAll(async () => {
  writePrograms(programs);
  found = await compile(programs);
}, 120_000);

describe('compiles', () => {
  test.each(programs)('$title', ({ title }) => {
    expect(found.get(title) ?? []).toEqual([]);
  });
});

describe.concurrent('runs', () => {
  test.each(programs.filter(({ runs }) => runs))('$title', { timeout: 90_000 }, async program => {
    expect(await runProgram(program)).toEqual([]);
  });
});

test('a block that is excused has a reason', () => {
  expect(excused.filter(({ reason }) => reason.length < 8)).toEqual([]);
});
