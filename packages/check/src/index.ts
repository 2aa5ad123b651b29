/** `@heddle/check`: explores the schedules of code that shares memory, and shows the one that fails. */

export { explore, findFailure } from './explore.ts';
export type { Explored, ExploreOptions } from './explore.ts';
export { scenario } from './scenario.ts';
export type { End, Place, Scenario, ScenarioDefinition, ThreadInfo } from './scenario.ts';
export { ScheduleFailure } from './report/failure.ts';
export type { FailureKind } from './crew/messages.ts';
