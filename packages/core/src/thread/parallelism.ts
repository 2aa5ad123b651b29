/** How many threads can run at once here. */
import type * as osModule from 'node:os';

interface NodeLike {
  getBuiltinModule?(id: string): unknown;
}

/** How many threads this machine runs at once, as far as the platform says; at least 1. */
export function parallelism(): number {
  const node = (globalThis as { process?: NodeLike }).process;
  const os = node?.getBuiltinModule?.('node:os') as typeof osModule | undefined;
  const browser = (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator;
  return Math.max(1, os?.availableParallelism?.() ?? browser?.hardwareConcurrency ?? 1);
}
