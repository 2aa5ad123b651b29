/**
 * Makes a report of a failing schedule: shortens it, then plays it once more in fresh threads, noting source lines. Only what fails there too is
 * reported as shortened. What fails only after the schedules before it (the code keeps something between schedules) is played again with these.
 */
import type { Casts } from '../crew/casts.ts';
import type { RawFailure, Request, Segment } from '../crew/messages.ts';
import { ScheduleFailure } from '../report/failure.ts';
import type { Scenario } from '../scenario.ts';
import { shrink } from './shrink.ts';

const SHRINK_REPLAYS = 400;
const SHRINK_MS = 4000;
/** Each replay that fails costs fresh threads where the threads share memory beyond one schedule. */
const SHRINK_WORLD_MS = 12_000;

interface About {
  readonly scenario: Scenario;
  readonly threads: number;
  readonly schedules: number;
  readonly strategy: string;
  readonly plain: boolean;
}

export async function explain(
  found: RawFailure,
  about: About,
  casts: Casts,
  shorten: boolean,
  fromTheBeginning: Request | undefined,
): Promise<ScheduleFailure> {
  const { scenario, plain } = about;
  const play = async (segments: readonly Segment[], lines: boolean): Promise<RawFailure | undefined> => {
    const crew = await casts.crew();
    const plan = { strategy: 'steady', seed: found.seed, segments, lines } as const;
    const { failure } = await crew.ask({ kind: 'one', plan, plain });
    // A thread that was cut off may have left something behind. That it came home is enough for a try; the proof is played in fresh threads.
    if (failure !== undefined && (!failure.unwound || scenario.hasWorld)) casts.wear();
    return failure;
  };
  const prove = async (segments: readonly Segment[]): Promise<RawFailure | undefined> => {
    casts.wear();
    const again = await play(segments, true);
    return again?.kind === found.kind ? again : undefined;
  };
  const report = (failure: RawFailure, reproduced: boolean): ScheduleFailure =>
    new ScheduleFailure(failure, {
      ...about,
      scenario: scenario.name,
      through: scenario.through,
      reproduced,
      original: found,
    });

  if (!found.unwound || scenario.hasWorld) casts.wear();
  if (shorten && found.kind !== 'stuck' && found.kind !== 'died') {
    const ms = scenario.hasWorld ? SHRINK_WORLD_MS : SHRINK_MS;
    const small = await shrink(found, segments => play(segments, false), {
      replays: SHRINK_REPLAYS,
      until: performance.now() + ms,
    });
    const proved = await prove(small);
    if (proved !== undefined) return report(proved, true);
  }
  const again = await prove(found.segments);
  if (again !== undefined) return report(again, true);
  if (fromTheBeginning !== undefined) {
    casts.wear();
    const crew = await casts.crew();
    const { failure } = await crew.ask(fromTheBeginning);
    if (failure?.kind === found.kind && failure.seed === found.seed) return report(failure, false);
  }
  return report(found, false);
}
