/** A scratch clone of the working tree, with a history of its own, in which versions can be raised and published without leaving a trace here. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Copies what git knows or would take from `root` into `folder`, and the installed packages, and commits. */
export function cloneInto(root, folder) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0')) {
    if (file === '' || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  // Links between workspaces are relative, so they lead to the clone's own.
  for (const modules of ['node_modules', ...workspacesOf(root).map(path => `${path}/node_modules`)]) {
    if (!existsSync(join(root, modules))) continue;
    execFileSync('cp', ['-a', join(root, modules), join(folder, modules)]);
  }
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  git(folder, 'config', 'user.name', 'release check');
  git(folder, 'config', 'user.email', 'release@localhost');
  commit(folder, 'The working tree');
}

export function commit(folder, message) {
  git(folder, 'add', '--all');
  git(folder, '-c', 'commit.gpgsign=false', 'commit', '--quiet', '--allow-empty', '-m', message);
}

/** The folders of all workspaces, from the root. */
export function workspacesOf(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.keys(packages).filter(path => path !== '' && !path.includes('node_modules'));
}

/** The manifests of the packages that are for others, by name. */
export function publicPackages(root) {
  const manifests = workspacesOf(root).map(path => [
    path,
    JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')),
  ]);
  return new Map(
    manifests
      .filter(([, manifest]) => manifest.private !== true)
      .map(([path, manifest]) => [manifest.name, { path, ...manifest }]),
  );
}

/** Describes a change, as `npm run changeset` does. */
export function addChangeset(folder, name, kind, text) {
  writeFileSync(join(folder, '.changeset', `check-${kind}.md`), `---\n'${name}': ${kind}\n---\n\n${text}\n`);
}

function git(folder, ...args) {
  execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}
