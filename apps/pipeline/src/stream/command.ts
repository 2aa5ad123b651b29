// The command `heddle-pipeline stream`.

import { isMainThread } from 'node:worker_threads';
import type { Interruption } from '../interruption.ts';
import { EXIT } from '../trouble.ts';
import { parseFlags } from './config/flags.ts';
import { readConfig } from './config/read-config.ts';
import { makeLog } from './log.ts';
import { agrees, reportOf, reportText, type StreamReport } from './report.ts';
import { Stream } from './stream.ts';
import { startWeb } from './web/server.ts';

/** Runs a stream as the command line says, and returns the exit code. Throws `Trouble`. */
export async function streamCommand(args: readonly string[], interruption: Interruption): Promise<number> {
  const flags = parseFlags(args);
  if (typeof flags === 'number') return flags;
  const config = readConfig(flags);
  if (flags.check) {
    console.log(
      JSON.stringify(
        config,
        (name, value: unknown) => (name === 'token' && value !== undefined ? '…' : value),
        2,
      ),
    );
    return EXIT.ok;
  }
  const log = makeLog(isMainThread ? 'main' : 'stream', config.logLevel);
  const stream = new Stream(config, log);
  const web = config.web === undefined ? undefined : await startWeb(config.web, stream, log);
  interruption.onSignal(() => {
    console.error(
      'Interrupted: nothing more is taken in, and what was taken in is stored. Once more ends at once.',
    );
    stream.stop();
  });
  let failure: { readonly error: unknown } | undefined;
  try {
    await stream.run();
  } catch (error) {
    failure = { error };
  }
  const exitCode = interruption.exitCode ?? EXIT.ok;
  const outcome: StreamReport['outcome'] =
    failure !== undefined ? 'failed' : exitCode === EXIT.ok ? 'complete' : 'interrupted';
  const report = reportOf(stream, outcome);
  if (flags.json) console.log(JSON.stringify(report));
  else if (failure === undefined || report.in > 0) console.log(reportText(report));
  await web?.close();
  if (failure !== undefined) throw failure.error;
  return agrees(report) ? exitCode : EXIT.failure;
}
