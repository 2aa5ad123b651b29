/** Asks the hosts of all links in the documents whether they are still there. For the network; not part of the tests. */

import { readDocuments } from './documents.ts';
import { followLinks } from './links.ts';

const TIMEOUT_MS = 20_000;
/** Answers of hosts that don't like to be asked by programs. */
const RELUCTANT = new Set([401, 403, 405, 429]);

const { external } = followLinks(readDocuments());
let failed = 0;
await Promise.all(
  [...external].map(async ([url, where]) => {
    try {
      const { status, ok } = await fetch(url, {
        redirect: 'follow',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (ok || RELUCTANT.has(status)) return;
      console.error(`${where}: ${url} answers ${status}`);
    } catch (error) {
      console.error(`${where}: ${url}: ${String(error)}`);
    }
    failed += 1;
  }),
);
console.log(`${external.size - failed} of ${external.size} links to other hosts answer`);
if (failed > 0) process.exitCode = 1;
