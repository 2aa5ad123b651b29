// Reads the configuration file, which is TOML, and lays the command line over it.

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'smol-toml';
import { describe, EXIT, systemCode, Trouble } from '../../trouble.ts';
import { checkConfig, type StreamConfig } from './config.ts';
import type { FlagValues } from './flags.ts';
import type { Raw } from './section.ts';

/** Reads and checks what the command line says, with the file that it names beneath. Throws `Trouble`. */
export function readConfig(flags: FlagValues): StreamConfig {
  const given = flags.raw;
  if (flags.config === undefined) return checkConfig(given, '', process.cwd());
  const file = readToml(flags.config);
  return checkConfig(overlay(file, given), `${flags.config}: `, dirname(flags.config));
}

function readToml(path: string): Raw {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'there is no such file' : describe(error);
    throw new Trouble(`${path}: ${why}`, { exitCode: EXIT.usage, cause: error });
  }
  try {
    return parse(text);
  } catch (error) {
    throw new Trouble(`${path}: this is not TOML: ${describe(error).trim()}`, {
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

/** Sources are added, the sink is replaced, everything else is set field by field. */
function overlay(file: Raw, flags: Raw): Raw {
  const merged: Record<string, unknown> = { ...file };
  for (const [name, value] of Object.entries(flags)) {
    if (name === 'sources')
      merged[name] = [...((file[name] as unknown[] | undefined) ?? []), ...(value as unknown[])];
    else if (name === 'sink' && 'kind' in (value as Raw)) merged[name] = value;
    else if (typeof value === 'object' && value !== null)
      merged[name] = { ...(file[name] as object | undefined), ...value };
    else merged[name] = value;
  }
  return merged;
}
