/** The start of a thread: what it needs is written into its record, and the record is handed to a worker. */
import { hot, i32 } from '../atomics.ts';
import { checkTransfer, detach } from '../codec/transfer.ts';
import { AGENT, THREAD, THREAD_FLAG } from '../memory/layout.ts';
import { dropMessage, storeMessage } from '../memory/message.ts';
import { nextIdent } from '../memory/slab.ts';
import { wakeAgent } from '../parking/wake.ts';
import { captureContext } from './context.ts';
import type { ThreadContext } from './context.ts';
import { storeFields } from './own-run-inside.ts';
import { submit } from './placement.ts';
import { setFlag } from './record.ts';
import { wakeSupervisor } from './registry.ts';
import { assignStack } from './stack-size.ts';
import type { TargetAddress } from './target.ts';

const { load } = hot;

/** Target messages that this thread has stored already: tasks are few and started often. */
const internedTargets = new Map<string, number>();
const INTERNED_LIMIT = 1000;

/** What goes along with a thread into the worker that runs it. */
export interface Parcel {
  readonly target: TargetAddress;
  readonly args: readonly unknown[];
  readonly context: ThreadContext | undefined;
  /** What of the arguments is moved. */
  readonly transfer: readonly ArrayBuffer[] | undefined;
  /** The object itself, if its class has a `run()` of its own; and what `super.run()` calls. */
  readonly own: object | undefined;
  readonly base: TargetAddress | undefined;
}

/**
 * Hands the thread to the next worker: an idle one off the stack in shared memory, or the one that the supervisor starts. Neither goes through an event loop.
 * Throws `NotShareableError` for what can't travel, and then nothing has happened.
 */
export function handToWorker(record: number, parcel: Parcel): void {
  pack(record, parcel);
  assignStack(record);
  i32[record + THREAD.targetMessage] = internTarget(record, parcel.target);
  i32[record + THREAD.ident] = nextIdent();
  const idle = submit(record);
  if (idle === 0) wakeSupervisor();
  else if (load(idle + AGENT.watching) === 0) wakeAgent(idle);
}

/** Stores what goes along, or nothing of it. */
function pack(record: number, { args, context: chosen, transfer, own, base }: Parcel): void {
  const stored: Array<[word: number, message: number]> = [];
  try {
    const context = captureContext(chosen);
    if (context !== 0) stored.push([THREAD.contextMessage, context]);
    if (transfer !== undefined) checkTransfer(transfer, 'Thread: transfer');
    if (args.length > 0) stored.push([THREAD.argumentsMessage, storeMessage(args, 'args')]);
    if (own !== undefined) {
      const fields = storeFields(own, 'to');
      if (fields !== 0) stored.push([THREAD.fieldsMessage, fields]);
      if (base !== undefined) stored.push([THREAD.baseMessage, storeMessage(base, 'target')]);
    }
  } catch (error) {
    for (const [, message] of stored) dropMessage(message);
    throw error;
  }
  for (const [word, message] of stored) i32[record + word] = message;
  if (transfer !== undefined) detach(transfer);
}

function internTarget(record: number, address: TargetAddress): number {
  const key = address.join('\n');
  const known = internedTargets.get(key);
  if (known !== undefined) return known;
  const message = storeMessage(address, 'target');
  if (internedTargets.size < INTERNED_LIMIT) internedTargets.set(key, message);
  else setFlag(record, THREAD_FLAG.ownsTarget, true);
  return message;
}
