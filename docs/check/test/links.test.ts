import { expect, test } from 'vitest';
import { readDocuments } from '../src/documents.ts';
import { followLinks } from '../src/links.ts';

const documents = readDocuments();

test('every link within the repository leads somewhere', () => {
  const { broken, external } = followLinks(documents);
  expect(broken).toEqual([]);
  // Whether the others answer is asked by `npm run links --workspace docs-check`, which needs the network.
  for (const url of external.keys()) expect(() => new URL(url)).not.toThrow();
});

test('the links were seen', () => {
  expect(documents.length).toBeGreaterThan(15);
  expect(documents.flatMap(({ links }) => links).length).toBeGreaterThan(100);
});
