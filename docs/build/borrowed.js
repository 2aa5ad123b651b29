/**
 * Pages of the site that are documents of the packages. Pictures come along; links to what isn't on the site become plain text: it is in the package.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';

const BORROWED = {
  'conformance/core.md': 'packages/core/CONFORMANCE.md',
  'conformance/actors.md': 'packages/actors/CONFORMANCE.md',
  'internals/core.md': 'packages/core/ARCHITECTURE.md',
  'internals/check.md': 'packages/check/ARCHITECTURE.md',
  'internals/actors.md': 'packages/actors/ARCHITECTURE.md',
  'internals/runtimes.md': 'packages/core/RUNTIMES.md',
  'internals/benchmark-notes.md': 'benchmarks/NOTES.md',
  'internals/pipeline.md': 'apps/pipeline/README.md',
  'internals/stream.md': 'apps/pipeline/STREAM.md',
  'internals/scheduler.md': 'apps/scheduler/README.md',
};

const PICTURE = /!\[[^\]]*\]\(([\w./-]+\.(?:png|svg))\)/g;

export function writeBorrowedPages(docs) {
  const places = new Map(
    Object.entries(BORROWED).map(([page, source]) => [source, `/${page.replace('.md', '')}`]),
  );
  for (const [page, source] of Object.entries(BORROWED)) {
    const file = join(docs, '..', source);
    if (!existsSync(file)) continue;
    const target = dirname(join(docs, 'pages', page));
    mkdirSync(target, { recursive: true });
    const whole = readFileSync(file, 'utf8');
    const text = relink(whole, source, places);
    for (const [, picture] of whole.matchAll(PICTURE))
      copyFileSync(join(dirname(file), picture), join(target, basename(picture)));
    writeFileSync(join(docs, 'pages', page), `---\neditLink: false\n---\n\n${text}`);
  }
}

function relink(text, source, places) {
  let fenced = false;
  return text
    .split('\n')
    .map(line => {
      if (line.trimStart().startsWith('```')) fenced = !fenced;
      if (fenced) return line;
      // Vue would read them as elements or as expressions.
      const safe = line.replaceAll(
        /(`[^`]*`)|\{\{|<(?=[A-Za-z/])(?!\/?kbd>)(?![^>]*-->)/g,
        (match, code) => code ?? match.replaceAll('{', '&#123;').replace('<', '&lt;'),
      );
      return safe.replaceAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, picture, label, target) => {
        if (picture !== '') return `![${label}](./${basename(target)})`;
        if (/^(?:https?:|#)/.test(target)) return link;
        const found = posix.join(posix.dirname(source), target.split('#')[0]);
        const place = places.get(found) ?? /^docs\/pages(\/.+)\.md$/.exec(found)?.[1];
        return place === undefined ? label : `[${label}](${place})`;
      });
    })
    .join('\n');
}
