/** Runs the function of a dedicated actor, on its thread. */
import type { Connection, DedicatedFunction } from '../dedicated-thread.ts';
import { DedicatedContext } from './context.ts';
import { OutwardBorder } from './outward.ts';
import type { Ended } from './packet.ts';

export async function runDedicated(
  run: DedicatedFunction<never, never[]>,
  connection: Connection,
  args: readonly unknown[],
): Promise<Ended> {
  const border = new OutwardBorder(connection);
  const context = new DedicatedContext<never>(connection, border);
  try {
    await run(context, ...((border.packing.unpack(args) as never[]) ?? []));
    context.end();
    return ['returned'];
  } catch (error) {
    return ['threw', error, context.end()];
  } finally {
    border.requests.close();
  }
}
