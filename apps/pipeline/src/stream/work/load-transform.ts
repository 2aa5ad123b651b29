// Loads the user's transform module, in each transform thread.

import { defineTransform, type Transform, type TransformOutput } from '../define-transform.ts';
import { describe, Trouble } from '../../trouble.ts';

/** What happens without a transform: values are stored as they are. */
const PASS_THROUGH: Transform = defineTransform(({ value }) => value as TransformOutput);

/** Imports the module. Throws `Trouble` that says what is wrong with it. */
export async function loadTransform(url: string | undefined): Promise<Transform> {
  if (url === undefined) return PASS_THROUGH;
  let module: { default?: unknown };
  try {
    module = (await import(url)) as { default?: unknown };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const advice =
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? '. This Node loads no TypeScript; use Node 22.18 or later, or a .js file'
        : '';
    throw new Trouble(`the transform ${url} could not be loaded: ${describe(error)}${advice}`, {
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
