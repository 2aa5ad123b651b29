/** `@heddle/actors/testkit`: actors under virtual time and a scheduler with a seed. */
export { TestSystem } from './test-system.ts';
export type { LifeEvent, Probe, TestSystemOptions } from './test-system.ts';
export { InjectedCrash } from './faults.ts';
export type { Faults } from './faults.ts';
export { seededRandom } from './random.ts';
export { VirtualHost } from './virtual-host.ts';
export { BehaviorKit } from './behavior-kit.ts';
export type { BehaviorKitOptions } from './behavior-kit.ts';
export type { Effect } from './effects.ts';
