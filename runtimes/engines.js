/** The engines without a window, as npm packages with nothing but the binary in them, and how each is told to run a file. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = path => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
const node = major => ({ name: `Node ${major}`, command: [at(`node${major}/bin/node`)] });

const known = [
  node(20),
  node(22),
  node(24),
  node(26),
  { name: 'Bun', command: [at('@oven/bun-linux-x64/bin/bun')] },
  {
    name: 'Deno',
    command: [at('@deno/linux-x64-glibc/deno'), 'run', '-A', '--quiet', '--no-lock', '--cached-only'],
  },
];

/** Those that are installed. The packages are for x64 Linux; elsewhere only the Node that runs this is tested. */
export const engines = existsSync(known[0].command[0])
  ? known
  : [{ name: `Node ${process.versions.node.split('.')[0]}`, command: [process.execPath] }];

/** No colours in what is compared, and no looking for a newer Deno. */
export const environment = { ...process.env, DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '', NO_COLOR: '1' };
delete environment.FORCE_COLOR;
