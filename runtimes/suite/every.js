/** What every engine must do: threads, and actors on them. */
import { actorScenarios } from './actors.js';
import { moreScenarios } from './more.js';
import { scenarios as threads } from './scenarios.js';

export const scenarios = [...threads, ...moreScenarios, ...actorScenarios];
