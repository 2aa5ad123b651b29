// What the examples in the doc comments of @heddle/core take for granted.

import { ThreadPoolExecutor, task, type Future } from '@heddle/core';
import { expose, type SharedPort } from '@heddle/core/comlink';

export const square = task(import.meta, function square(n: number): number {
  return n * n;
});

export const api = { add: (a: number, b: number): number => a + b };
export type Api = typeof api;

export const serve = task(import.meta, function serve(port: SharedPort) {
  expose(api, port);
  return port.closed;
});

export const futures: Future<number>[] = [];
export const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
