// What a route of the API is, and how its parameters are read.

import type { z } from 'zod';
import type { ActorInfo } from '@heddle/actors';
import type { Engine } from '../engine/engine.ts';
import type { Reader } from '../store/reads.ts';
import { HttpError } from './http-error.ts';
import type { StateSource } from './views.ts';

export interface Api extends StateSource {
  readonly engine: Engine;
  readonly reader: Reader;
  readonly jobs: string | null;
  readonly inspect: () => ActorInfo;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  /** The schema of the answer, in the document's `components`. */
  readonly answer: string | undefined;
  readonly status?: number;
  readonly handle: (api: Api, call: Call) => unknown;
}

/** Reads a number of the query. Throws an `HttpError` if it is none, or out of bounds. */
export function number(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new HttpError(
      400,
      `${name} must be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
    );
  }
  return value;
}
