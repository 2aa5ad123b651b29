import type { SinkConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { HttpSink } from './http.ts';
import { lockOutput } from './lock.ts';
import { NdjsonSink } from './ndjson.ts';
import type { Sink, SinkTotals } from './sink.ts';
import { SqliteSink } from './sqlite.ts';

/** Opens the sink that is configured, and keeps others away from it until it is closed. Throws `Trouble`. */
export function openSink(
  config: SinkConfig,
  totals: SinkTotals,
  log: Logger,
): { sink: Sink; close: () => void } {
  const lock = lockOutput(config.kind === 'http' ? config.checkpoint : config.path);
  try {
    const sink = open(config, totals, log);
    return {
      sink,
      close() {
        sink.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function open(config: SinkConfig, totals: SinkTotals, log: Logger): Sink {
  switch (config.kind) {
    case 'sqlite':
      return new SqliteSink(config, totals);
    case 'ndjson':
      return new NdjsonSink(config, totals);
    default:
      return new HttpSink(config, totals, log);
  }
}
