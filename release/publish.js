/**
 * Builds everything anew and publishes what isn't in the registry yet. The packages' own `prepack` is left out: it would clean and build each of them while
 * the others, which need it, are packed. In a GitHub workflow the manifests also learn where their sources are, which provenance has to prove.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publicPackages, workspacesOf } from './scratch.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;

for (const path of workspacesOf(root)) rmSync(join(root, path, 'dist'), { recursive: true, force: true });
run('tools/turbo.js', 'run', 'build');
const manifests = repository === undefined ? [] : nameSources(`${server}/${repository}`);
try {
  run('node_modules/@changesets/cli/bin.js', 'publish');
} finally {
  for (const [file, text] of manifests) writeFileSync(file, text);
}

/** Returns what the manifests were before. */
function nameSources(url) {
  return [...publicPackages(root).values()].map(({ path }) => {
    const file = join(root, path, 'package.json');
    const text = readFileSync(file, 'utf8');
    const manifest = JSON.parse(text);
    manifest.repository = { type: 'git', url: `git+${url}.git`, directory: path };
    manifest.homepage = `${url}/tree/main/${path}#readme`;
    manifest.bugs = `${url}/issues`;
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
    return [file, text];
  });
}

function run(script, ...args) {
  const env = { ...process.env, npm_config_ignore_scripts: 'true' };
  execFileSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit', env });
}
