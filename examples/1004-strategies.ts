// Three children under each strategy, of which the second fails: who is started again?

import { ActorSystem, Supervisor, supervisor } from '@heddle/actors';
import type { ActorRef, Context, Strategy } from '@heddle/actors';

for (const strategy of ['oneForOne', 'oneForAll', 'restForOne'] satisfies Strategy[]) {
  const trace: string[] = [];
  function worker(context: Context<string>) {
    trace.push(context.name);
    return (message: string) => {
      throw new Error(message);
    };
  }

  await using system = new ActorSystem({ report: () => {} });
  const children = ['one', 'two', 'three'].map(id => ({ id, start: worker }));
  const shop = new Supervisor(system.spawn(supervisor({ strategy, children })));
  const two = (await shop.children()).find(({ id }) => id === 'two')!.ref as ActorRef<string>;
  trace.length = 0;
  two.tell('crash');
  await shop.count(); // is answered when the supervisor has dealt with it
  while (!two.alive) await shop.count();
  console.log(`${strategy}: started again: ${trace.join(', ')}`);
}
