import type { SinkConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { HttpSink } from './http.ts';
import { NdjsonSink } from './ndjson.ts';
import type { Sink, SinkTotals } from './sink.ts';
import { SqliteSink } from './sqlite.ts';

/** Opens the sink that is configured. Throws `Trouble`. */
export function openSink(config: SinkConfig, totals: SinkTotals, log: Logger): Sink {
  switch (config.kind) {
    case 'sqlite':
      return new SqliteSink(config, totals);
    case 'ndjson':
      return new NdjsonSink(config, totals);
    default:
      return new HttpSink(config, totals, log);
  }
}
