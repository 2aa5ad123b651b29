// A class that extends `Thread` and overrides `run()`. Its fields go along into the thread; the class says where threads find it.

import { Thread, main } from '@heddle/core';

export class Greeter extends Thread {
  static {
    this.declare(import.meta);
  }

  greeting: string;
  times: number;

  constructor(greeting: string, times: number) {
    super({ name: `greeter of ${greeting}` });
    this.greeting = greeting;
    this.times = times;
  }

  override run() {
    for (let n = 1; n <= this.times; n++) this.greet(n);
  }

  greet(n: number) {
    console.log(`${this.name}: hello ${this.greeting}, ${n}`);
  }
}

main(import.meta, async () => {
  const thread = new Greeter('world', 3).start();
  await thread.joinAsync();
  console.log('main: the thread has finished');
});
