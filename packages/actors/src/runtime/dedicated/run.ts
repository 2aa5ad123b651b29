/** Runs the function of a dedicated actor, on its thread. */
import type { Connection, DedicatedFunction } from '../dedicated-thread.ts';
import { DedicatedContext } from './context.ts';
import { OutwardBorder } from './outward.ts';

export async function runDedicated(
  run: DedicatedFunction<never, never[]>,
  connection: Connection,
  args: readonly unknown[],
): Promise<void> {
  const border = new OutwardBorder(connection);
  try {
    const context = new DedicatedContext<never>(connection, border);
    await run(context, ...((border.packing.unpack(args) as never[]) ?? []));
  } finally {
    border.requests.close();
  }
}
