// Timers of an actor: once, again and again, by the calendar, and one that is replaced. Under the testkit's clock an hour takes no time.

import type { Context } from '@heddle/actors';
import { cron } from '@heddle/actors/cron';
import { TestSystem } from '@heddle/actors/testkit';

const kit = new TestSystem();
const minute = 60_000;

kit.spawn(({ timers }: Context<string>) => {
  timers.after('egg', 5 * minute, 'the egg is ready');
  timers.every('tea', 20 * minute, 'more tea');
  timers.cron('news', cron('30 * * * *', { timezone: 'UTC' }), 'news at half past');
  timers.after('alarm', 10 * minute, 'alarm');
  timers.after('alarm', 50 * minute, 'alarm, put off');
  return (message: string) => console.log(`${kit.now / minute} min: ${message}`);
});

await kit.advance(60 * minute);
