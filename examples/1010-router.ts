// A router: one address for three workers. Equal keys go to the same one, so each customer's orders are handled in order, by one who knows them.

import { ActorSystem, router } from '@heddle/actors';
import type { Context } from '@heddle/actors';

interface Order {
  readonly customer: string;
  readonly item: string;
}

const handled = new Map<string, Set<string>>();
const log: string[] = [];

function clerk(context: Context<Order>) {
  return ({ customer, item }: Order) => {
    handled.set(customer, (handled.get(customer) ?? new Set()).add(context.name));
    log.push(`${customer}: ${item}`);
  };
}

const system = new ActorSystem();
const desk = system.spawn(router({ start: clerk, routees: 3, routing: { key: order => order.customer } }));
for (const item of ['tea', 'bread', 'salt']) {
  for (const customer of ['Ada', 'Grace', 'Barbara']) desk.tell({ customer, item });
}
await system.stop(); // what was accepted is handled first
for (const [customer, clerks] of handled) console.log(`${customer}: clerks: ${clerks.size}`);
console.log(log.filter(line => line.startsWith('Ada')).join(', '));
