// Loads the user's transform module, in each transform thread.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineTransform, type Transform, type TransformOutput } from '../define-transform.ts';
import { describe, Trouble } from '../../trouble.ts';

/** What happens without a transform: values are stored as they are. */
const PASS_THROUGH: Transform = defineTransform(({ value }) => value as TransformOutput);

/** Imports the module. Throws `Trouble` that says what is wrong with it. */
export async function loadTransform(url: string | undefined): Promise<Transform> {
  if (url === undefined) return PASS_THROUGH;
  const path = url.startsWith('file:') ? fileURLToPath(url) : undefined;
  if (path !== undefined && !existsSync(path))
    throw new Trouble(`the transform ${path} could not be loaded: there is no such file`);
  let module: { default?: unknown };
  try {
    module = (await import(url)) as { default?: unknown };
  } catch (error) {
    throw new Trouble(`the transform ${url} could not be loaded: ${describe(error)}${advice(url, error)}`, {
      cause: error,
    });
  }
  try {
    return defineTransform(module.default as Transform);
  } catch (error) {
    throw new Trouble(
      `the transform ${url} must export one as default, such as \`export default defineTransform(…)\`: ${describe(error)}`,
      { cause: error },
    );
  }
}

function advice(url: string, error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return /\.[cm]?ts$/.test(url)
      ? '. This Node loads no TypeScript; use Node 22.18 or later, or a .js file'
      : '. It must be a module, such as a .js or .ts file';
  // `npm init` writes "type": "commonjs", and then Node takes neither `import` nor `export` in files whose names don't say otherwise.
  return error instanceof SyntaxError &&
    /import statement outside a module|Unexpected token 'export'/.test(error.message)
    ? '. The package.json in its folder or above says "type": "commonjs": make that "module", or let the file\'s name end in .mts or .mjs'
    : '';
}
