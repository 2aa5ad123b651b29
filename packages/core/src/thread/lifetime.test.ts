import { describe, expect, it } from 'vitest';
import { runProgram } from '../../test/support/child.ts';

const { raw } = String;

describe('the end of the program', () => {
  it('waits for a non-daemon thread, although main has nothing left to do', async () => {
    const { code, stdout } = await runProgram(raw`
      new heddle.Thread(() => new Promise((resolve) => setTimeout(() => { console.log('thread ends'); resolve(); }, 300))).start();
      console.log('main ends');
    `);
    expect([code, stdout]).toEqual([0, 'main ends\nthread ends\n']);
  });

  it('does not wait for a daemon', async () => {
    const { code, stdout } = await runProgram(raw`
      const thread = new heddle.Thread(() => new Promise((resolve) => setTimeout(() => { console.log('never seen'); resolve(); }, 10000)), { daemon: true }).start();
      console.log('main ends');
    `);
    expect([code, stdout]).toEqual([0, 'main ends\n']);
  });

  it('waits for a non-daemon thread that a daemon started', async () => {
    const { code, stdout } = await runProgram(raw`
      const starter = new heddle.Thread(async () => {
        const { Thread } = await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)});
        new Thread(() => new Promise((resolve) => setTimeout(() => { console.log('child ends'); resolve(); }, 200)), { daemon: false }).start();
      }, { daemon: true }).start();
      starter.join();
      console.log('main ends');
    `);
    expect([code, stdout]).toEqual([0, 'main ends\nchild ends\n']);
  });

  it('is not put off by idle workers or by what was joined', async () => {
    const { code, elapsed } = await runProgram(raw`
      const threads = Array.from({ length: 4 }, () => new heddle.Thread(() => 1).start());
      for (const thread of threads) thread.join();
    `);
    expect(code).toBe(0);
    expect(elapsed).toBeLessThan(15_000);
  });

  it('comes at process.exit() at once, whatever runs', async () => {
    const { code } = await runProgram(raw`
      const thread = new heddle.Thread(() => { for (;;); }).start();
      while (thread.nativeId === undefined);
      process.exit(7);
    `);
    expect(code).toBe(7);
  });

  it('comes with code 1 when main throws', async () => {
    const { code, stderr } = await runProgram(raw`
      new heddle.Thread(() => new Promise(() => setTimeout(() => {}, 60000))).start();
      throw new Error('main is broken');
    `);
    expect(code).toBe(1);
    expect(stderr).toContain('main is broken');
  });
});

describe('an asynchronous wait', () => {
  it('holds the program open until it is served', async () => {
    const { code, stdout } = await runProgram(raw`
      const lock = new heddle.Lock();
      lock.acquire();
      new heddle.Thread((lock) => new Promise((resolve) => setTimeout(() => { lock.release(); resolve(); }, 200)), { args: [lock], daemon: true }).start();
      await lock.acquireAsync();
      console.log('acquired');
    `);
    expect([code, stdout]).toEqual([0, 'acquired\n']);
  });

  it('holds the program open until its timeout, and no longer', async () => {
    const { code, stdout } = await runProgram(raw`
      const lock = new heddle.Lock();
      lock.acquire();
      console.log(await lock.acquireAsync({ timeout: 100 }));
    `);
    expect([code, stdout]).toEqual([0, 'false\n']);
  });
});

describe('while the main thread is blocked', () => {
  it('a thread starts, its output is seen before main goes on, and join() returns', async () => {
    const { code, stdout } = await runProgram(raw`
      const thread = new heddle.Thread(() => { console.log('from the thread'); process.stderr.write('err\n'); }).start();
      const joined = thread.join({ timeout: 15000 });
      const { writeSync } = await import('node:fs');
      writeSync(1, 'joined ' + joined + '\n');
    `);
    expect([code, stdout]).toEqual([0, 'from the thread\njoined true\n']);
  });

  it('large outputs arrive whole', async () => {
    const { stdout } = await runProgram(raw`
      new heddle.Thread(() => { for (let n = 0; n < 2000; n++) console.log(String(n).padStart(499, '.')); }).start().join();
    `);
    expect(stdout.length).toBe(1_000_000);
  });
});

describe('an uncaught error', () => {
  it('is printed with the name of the thread, and the program goes on and ends with 0', async () => {
    const { code, stdout, stderr } = await runProgram(raw`
      const thread = new heddle.Thread(() => { throw new TypeError('boom', { cause: new Error('root cause') }); }, { name: 'Worker-3' }).start();
      thread.join();
      console.log('main goes on');
    `);
    expect([code, stdout]).toEqual([0, 'main goes on\n']);
    expect(stderr).toMatch(
      /^Exception in thread Worker-3:\nTypeError: boom\n {4}at [\s\S]*\[cause\]: Error: root cause/,
    );
  });

  it('is printed as before when a hook was set and taken away again, or is the default one (test_original_excepthook)', async () => {
    const { code, stderr } = await runProgram(raw`
      const fail = () => { const error = new Error('run failed'); error.stack = 'Error: run failed'; throw error; };
      const run = () => new heddle.Thread(fail, { name: 'T' }).start().join({ timeout: 15000 });
      run();
      heddle.setExceptHook(() => process.stderr.write('Running a thread failed\n'));
      run();
      heddle.setExceptHook(heddle.defaultExceptHook);
      run();
      heddle.setExceptHook(undefined);
      run();
    `);
    const printed = 'Exception in thread T:\nError: run failed\n';
    expect([code, stderr]).toEqual([0, `${printed}Running a thread failed\n${printed}${printed}`]);
  });

  it('in the exception hook itself is reported beside the first', async () => {
    const { stderr } = await runProgram(raw`
      heddle.setExceptHook(() => { throw new Error('hook is broken'); });
      new heddle.Thread(() => { throw new Error('first'); }, { name: 'T' }).start();
    `);
    expect(stderr).toMatch(/hook is broken[\s\S]*first/);
  });

  it('reaches the hook even if main ends right after the join', async () => {
    const { stdout } = await runProgram(raw`
      heddle.setExceptHook(({ error, thread }) => console.log('hook', thread.name, error.message));
      new heddle.Thread(() => { throw new Error('late news'); }, { name: 'T' }).start().join();
    `);
    expect(stdout).toBe('hook T late news\n');
  });
});

describe('a file that declares tasks and is the program', () => {
  it('runs main() once, in the main thread only', async () => {
    const { code, stdout } = await runProgram(raw`
      export const square = heddle.task(import.meta, function square(n) { return n * n; });
      heddle.main(import.meta, async () => {
        console.log(await new heddle.Thread(square, { args: [7] }).start().resultAsync());
      });
    `);
    expect([code, stdout]).toEqual([0, '49\n']);
  });

  it('says what is wrong when it starts threads at its top level', async () => {
    const { stderr, stdout } = await runProgram(raw`
      export const square = heddle.task(import.meta, function square(n) { return n * n; });
      const thread = new heddle.Thread(square, { args: [7] }).start();
      thread.join({ timeout: 10000 });
      try { console.log(thread.result()); } catch (error) { console.log(error.name); }
    `);
    expect(stdout).toBe('ThreadStateError\n');
    expect(stderr).toMatch(
      /starts threads at its top level\. Put the program's own part into main\(import\.meta, async \(\) => \{ … \}\)/,
    );
  });
});
