/** `@heddle/check`: explores the schedules of code that shares memory, shows the one that fails, and checks histories. */

export { explore, findFailure } from './explore.ts';
export type { Explored, ExploreOptions, Faults } from './explore.ts';
export { scenario } from './scenario.ts';
export type { End, Place, Scenario, ScenarioDefinition, ThreadInfo } from './scenario.ts';
export { ScheduleFailure } from './report/failure.ts';
export type { FailureKind } from './crew/messages.ts';
export { checkLinearizable, findNonLinearizable } from './history/linearizable.ts';
export type { LinearizableOptions } from './history/linearizable.ts';
export { HistoryFailure } from './history/failure.ts';
export {
  lifoQueueModel,
  lockModel,
  priorityQueueModel,
  queueModel,
  registerModel,
  semaphoreModel,
} from './history/model.ts';
export type { Model, PriorityQueueModelOptions, QueueModelOptions } from './history/model.ts';
export type { Operation } from './history/operation.ts';
export { Recorder } from './history/recorder.ts';
