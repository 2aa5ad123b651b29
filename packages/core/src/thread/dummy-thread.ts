/** `DummyThread`: what a worker that somebody else started is to `currentThread()` and `enumerate()`. */
import { Thread, setDummy } from './thread.ts';

function refuse(): never {
  throw new TypeError(
    "DummyThread: it stands for a worker that Heddle didn't start, and comes from currentThread() and enumerate(); for a thread that does nothing write new Thread()",
  );
}

/**
 * A worker that Heddle didn't start and that joined by `attach()`: a daemon, called `Dummy-N`, alive until its worker is seen to be gone. It can't be joined, since its end can't be
 * waited for, nor terminated. Source: Python's `threading._DummyThread`.
 */
export class DummyThread extends Thread {
  /** Throws `TypeError`: only Heddle makes them. */
  constructor() {
    super(refuse());
  }
}

setDummy(thread => Object.setPrototypeOf(thread, DummyThread.prototype) as Thread);
