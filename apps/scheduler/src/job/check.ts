// Checks what comes from outside against a schema. The message names the field and the value.

import type { z } from 'zod';
import { type FieldProblem, Trouble } from '../trouble.ts';

/** Returns what the schema makes of the value. Throws a `Trouble` that lists every wrong field, what it must be, and what it is. */
export function check<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.slice(0, 20).flatMap(issue => problems(issue, value));
  throw new Trouble(
    `${what}: ${fields.map(({ field, message }) => `${field === '' ? '' : `${field} `}${message}`).join('; ')}`,
    {
      kind: 'invalid',
      fields,
    },
  );
}

function problems(issue: z.core.$ZodIssue, root: unknown): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      field: [...path, key].join('.'),
      message: 'is not a field that exists here',
    }));
  }
  if (issue.code === 'invalid_key') {
    const key = path.at(-1)!;
    const [why] = issue.issues;
    return [{ field: path.slice(0, -1).join('.'), message: `has ${show(key)}, which ${why?.message}` }];
  }
  let value = root;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const message =
    issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')
      ? `must be ${issue.expected === 'object' ? 'an object' : issue.expected === 'array' ? 'a list' : `a ${issue.expected}`}`
      : issue.message;
  return [
    {
      field: path.join('.'),
      message:
        value === undefined && path.length > 0
          ? `${message}, but is missing`
          : `${message}, got ${show(value)}`,
    },
  ];
}

function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Nested too deep.
  }
  text ??= typeof value === 'object' ? 'an object' : String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
