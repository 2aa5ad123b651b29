// What the examples in the doc comments of @heddle/actors take for granted.

import { ActorSystem, actor, objectActor, type ActorRef, type Context, type Reply } from '@heddle/actors';

export type CounterMessage = { type: 'add'; by: number } | { type: 'get'; reply: Reply<number> };

export const counter = actor(import.meta, function counter(_context: Context<CounterMessage>, start: number) {
  let count = start;
  return (message: CounterMessage) => {
    if (message.type === 'add') count += message.by;
    else message.reply.tell(count);
  };
});

export const tally = objectActor(import.meta, function tally(_context: Context<never>, start: number) {
  let count = start;
  return { increment: (by = 1) => (count += by) };
});

export interface Job {
  readonly text: string;
  readonly reply: ActorRef<string>;
}

export const job: Job = { text: 'one', reply: undefined as never };

export const worker = actor(import.meta, function worker(_context: Context<Job>) {
  return (_message: Job) => {};
});

export const stock = actor(import.meta, function stock(_context: Context<number>, pieces: number) {
  let left = pieces;
  return (sold: number) => {
    left -= sold;
  };
});

export const till = actor(import.meta, function till(_context: Context<number>) {
  return (_cents: number) => {};
});

export const hash = (text: string): string => String(text.length);

export const system = new ActorSystem();

export interface PrintJob {
  readonly pages: number;
}

export const billing = system.spawn(
  actor(import.meta, function billing(_context: Context<{ id: number }>) {
    return (_order: { id: number }) => {};
  }),
);

/** Of an actor that is there, for examples that are written as if they stood in one. */
export const context: Context<PrintJob> = await new Promise(resolve => {
  system.spawn((own: Context<PrintJob>) => {
    resolve(own);
    return () => {};
  });
});
