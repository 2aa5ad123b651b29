/** Ten actors that always have something to do: when the first has had its messages, the others must have had some: nobody starves. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const ACTORS = 10;

const bench: Bench = {
  roles: {
    runner(self: Self, messages: number, judge) {
      let handled = 0;
      let over = false;
      return message => {
        if (message.type === 'stop') {
          self.tell(judge, { handled });
          over = true;
          return self.stop();
        }
        if (over) return;
        handled += 1;
        if (handled === messages) self.tell(judge, { first: true });
        self.tell(self.self, { type: 'go' });
      };
    },
    judge(self: Self, messages: number, done) {
      let runners: unknown[] = [];
      let stopped = false;
      let heard = 0;
      let least = Infinity;
      return message => {
        if (message.runners !== undefined) {
          runners = message.runners;
          for (const runner of runners) self.tell(runner, { type: 'go' });
        } else if (message.first === true) {
          if (!stopped) for (const runner of runners) self.tell(runner, { type: 'stop' });
          stopped = true;
        } else {
          heard += 1;
          least = Math.min(least, message.handled);
          if (heard < ACTORS) return;
          self.tell(done, least > messages / 100 ? messages : least);
          self.stop();
        }
      };
    },
  },
  start(self, messages, done) {
    const judge = self.spawn('judge', [messages, done], 0);
    const runners = Array.from({ length: ACTORS }, () => self.spawn('runner', [messages, judge], 0));
    self.tell(judge, { runners });
  },
};

export default savina(import.meta, 'fairness', bench, {
  operation: 'fairness: a message of each of 10 actors that never rest',
  operations: 50_000,
  quick: 5000,
  expected: messages => messages,
  without: { xstate: "a message to oneself is handled at once, before anybody else's" },
});
