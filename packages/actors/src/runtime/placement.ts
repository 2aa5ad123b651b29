/** Where an actor runs. */

/**
 * - `'parent'`: on its parent's thread. Messages between them never leave the heap.
 * - `'leastLoaded'`: on the scheduler thread that has least to do.
 * - `{ key }`: on a scheduler thread chosen by the key: equal keys, same thread.
 * - `'main'`: on the thread that made the system.
 */
export type Placement = 'parent' | 'leastLoaded' | 'main' | { readonly key: string | number };
