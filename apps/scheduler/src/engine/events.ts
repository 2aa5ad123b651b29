// What the engine tells of, for logs and the page.

import type { AttemptEnd } from '../run/assignment.ts';
import type { RunState } from '../store/ops.ts';
import type { Run } from './job.ts';

export type EngineEvent =
  | {
      readonly type: 'over';
      readonly run: Run;
      readonly state: RunState;
      readonly end: AttemptEnd | undefined;
    }
  | { readonly type: 'retry'; readonly run: Run; readonly error: string | null; readonly inMs: number }
  | { readonly type: 'jump'; readonly ms: number }
  | { readonly type: 'missed'; readonly job: string; readonly count: number }
  | { readonly type: 'recovered'; readonly interrupted: number; readonly waiting: number }
  /** Something else has changed. */
  | { readonly type: 'change' };
