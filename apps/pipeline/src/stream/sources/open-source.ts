import type { SourceConfig } from '../config/config.ts';
import type { Intake } from '../intake/intake.ts';
import type { Logger } from '../log.ts';
import type { SavedMark } from '../sinks/sink.ts';
import { FilesSource } from './files.ts';
import { FollowSource } from './follow.ts';
import { HttpSource } from './http.ts';
import type { Source } from './source.ts';
import { StdinSource } from './stdin.ts';
import { TcpSource } from './tcp.ts';

/** Makes the source that is configured. `run` makes keys of this run unlike those of any other. */
export function openSource(
  config: SourceConfig,
  intake: Intake,
  marks: readonly SavedMark[],
  run: string,
  log: Logger,
): Source {
  switch (config.kind) {
    case 'stdin':
      return new StdinSource(config, intake, run);
    case 'files':
      return new FilesSource(config, intake, marks, log);
    case 'follow':
      return new FollowSource(config, intake, marks, log);
    case 'tcp':
    case 'syslog':
      return new TcpSource(config, intake, run, log);
    default:
      return new HttpSource(config, intake, run, log);
  }
}
