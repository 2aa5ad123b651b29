/** The drawings of the pages on how Heddle works. What they show is asserted by the packages' own tests; where a number stands, it is the one in `layout.ts`. */
import { arrow, box, drawing, text } from './draw.js';

const slots = (x, y, width, height, labels, kind = () => 'box') =>
  labels.map((label, index) => box(x + index * width, y, width, height, label, kind(index)));

export const drawings = {
  threads: drawing(720, 290, 'Main thread, workers and supervisor around one shared memory', [
    box(40, 20, 150, 54, ['main thread', 'never blocked in a page'], 'hot'),
    box(230, 20, 130, 54, ['worker 1', 'runs Thread-1']),
    box(390, 20, 130, 54, ['worker 2', 'idle, to be reused']),
    box(560, 20, 130, 54, ['supervisor', 'births and deaths'], 'warm'),
    arrow([
      [115, 74],
      [115, 130],
    ]),
    arrow([
      [295, 74],
      [295, 130],
    ]),
    arrow([
      [455, 74],
      [455, 130],
    ]),
    arrow([
      [625, 74],
      [625, 130],
    ]),
    box(40, 132, 650, 128, [], 'box'),
    text(54, 154, 'one shared memory for all of them', { style: 'small soft' }),
    slots(
      60,
      170,
      102,
      46,
      [
        ['Lock', '64 bytes'],
        ['Queue', 'ring'],
        ['thread', 'record'],
        ['waiter', 'node'],
        ['message', 'bytes'],
        ['free', 'blocks'],
      ],
      index => (index === 5 ? 'warm' : 'hot'),
    ),
    text(54, 244, 'a handle is a number: the place of its object in the memory; so it travels inside bytes', {
      style: 'small soft',
    }),
  ]),

  memory: drawing(720, 330, 'The slab: pages, spans of one size class, blocks with header words', [
    text(20, 24, 'the slab: one WebAssembly.Memory, shared; grows in place'),
    slots(
      20,
      38,
      113,
      44,
      [
        ['fixed', 'registry, lists'],
        ['page table', 'whose page'],
        ['span', '64-byte blocks'],
        ['span', '256-byte blocks'],
        ['run of pages', 'a large block'],
        ['not yet', 'used'],
      ],
      index => (index === 2 ? 'hot' : index === 5 ? 'warm' : 'box'),
    ),
    arrow(
      [
        [302, 84],
        [302, 118],
      ],
      'one page of 64 KiB',
      { dx: 66, dy: 4 },
    ),
    slots(20, 122, 84, 40, ['block', 'block', 'block', 'block', 'free →', 'free →', 'block', '…'], index =>
      index === 2 ? 'hot' : index === 4 || index === 5 ? 'warm' : 'box',
    ),
    arrow(
      [
        [230, 164],
        [230, 200],
      ],
      'sixteen 4-byte words on one cache line',
      { dx: 124, dy: 4 },
    ),
    slots(
      20,
      204,
      113,
      44,
      [
        ['kind', 'what it is'],
        ['references', 'who has it'],
        ['name', 'a pointer'],
        ['state word', 'the lock itself'],
        ['guard', 'of the line'],
        ['line', 'first and last'],
      ],
      index => (index === 3 ? 'hot' : 'box'),
    ),
    text(
      20,
      282,
      'A pointer counts 4-byte words from the start. Each thread counts a handle once, in a ledger that lies',
      { style: 'small soft' },
    ),
    text(20, 302, 'in the slab as well, so that the counts of a dead thread can be given back.', {
      style: 'small soft',
    }),
  ]),

  lock: drawing(720, 330, 'The states of a lock and who changes them', [
    box(40, 120, 130, 60, ['free', '0'], 'hot'),
    box(300, 120, 140, 60, ['held', 'owner, if by a guard'], 'hot'),
    box(550, 120, 140, 60, ['held, waiters', 'somebody is in line'], 'warm'),
    arrow(
      [
        [170, 138],
        [300, 138],
      ],
      'compareExchange',
      { dy: -10 },
    ),
    arrow(
      [
        [300, 164],
        [170, 164],
      ],
      'exchange',
      { dy: 20 },
    ),
    arrow(
      [
        [440, 150],
        [550, 150],
      ],
      'joins the line',
      { dy: -8 },
    ),
    arrow(
      [
        [620, 180],
        [620, 250],
        [105, 250],
        [105, 180],
      ],
      'release: opens, wakes the first of the line, which tries',
      { dy: -8 },
    ),
    arrow(
      [
        [580, 120],
        [580, 60],
        [370, 60],
        [370, 120],
      ],
      'release after a try in vain: hands over (no barging)',
      { dy: -8 },
    ),
    text(
      40,
      292,
      'Uncontended, a pair of acquire and release is two atomic instructions and no call into the system. Only a lock',
      { style: 'small soft' },
    ),
    text(40, 312, 'whose word says that somebody waits makes release look at the line.', {
      style: 'small soft',
    }),
  ]),

  waiting: drawing(720, 250, 'One line for blocked threads and promises', [
    box(20, 90, 110, 56, ['lock', 'its line'], 'hot'),
    box(180, 90, 120, 56, ['node', 'thread 3, asleep']),
    box(350, 90, 120, 56, ['node', 'a promise of main']),
    box(520, 90, 120, 56, ['node', 'thread 5, 200 ms']),
    arrow(
      [
        [130, 118],
        [180, 118],
      ],
      'first',
    ),
    arrow([
      [300, 118],
      [350, 118],
    ]),
    arrow([
      [470, 118],
      [520, 118],
    ]),
    arrow(
      [
        [240, 90],
        [240, 50],
      ],
      'Atomics.wait on the node’s word',
      { dx: 104, dy: -6 },
    ),
    arrow(
      [
        [410, 146],
        [410, 196],
      ],
      'one wake word for all promises of a thread',
      { dx: 10, dy: 8, anchor: 'start' },
    ),
    text(
      20,
      24,
      'Who is next is written in shared memory, first come first served, whatever kind of waiter it is',
      { style: 'small soft' },
    ),
  ]),

  queue: drawing(720, 330, 'A queue: items, a guard at each end, and the lines of those who wait', [
    slots(60, 40, 75, 46, ['', '', 'item 7', 'item 8', 'item 9', '', '', ''], index =>
      index > 1 && index < 5 ? 'hot' : 'box',
    ),
    arrow(
      [
        [247, 122],
        [247, 88],
      ],
      'head: the next to get',
      { dy: 32, dx: -10 },
    ),
    arrow(
      [
        [472, 122],
        [472, 88],
      ],
      'tail: the next to be put',
      { dy: 32, dx: 20 },
    ),
    box(60, 170, 180, 54, ['line: not empty', 'consumers that wait'], 'warm'),
    box(280, 170, 180, 54, ['line: not full', 'producers that wait'], 'warm'),
    box(500, 170, 160, 54, ['line: all done', 'those in join()'], 'warm'),
    text(
      12,
      262,
      'put: take this end’s guard · nobody waits, room? · write the encoded item · publish it. If somebody waits: both guards, choose, wake.',
      { style: 'small soft' },
    ),
    text(
      12,
      284,
      'Small items are encoded into their place, larger ones into a block of their own, a SharedBuffer passes as its pointer.',
      { style: 'small soft' },
    ),
    text(
      12,
      306,
      'A consumer that dies has taken nothing: an item leaves the queue by the same store that makes it the consumer’s.',
      { style: 'small soft' },
    ),
  ]),

  actors: drawing(720, 330, 'How actors are scheduled on threads', [
    box(20, 20, 210, 210, []),
    box(255, 20, 210, 210, []),
    box(490, 20, 210, 210, []),
    text(32, 42, 'main thread'),
    text(267, 42, 'scheduler thread 1'),
    text(502, 42, 'scheduler thread 2'),
    box(40, 58, 80, 40, ['actor'], 'hot'),
    box(135, 58, 80, 40, ['actor']),
    box(275, 58, 80, 40, ['actor'], 'hot'),
    box(370, 58, 80, 40, ['actor']),
    box(510, 58, 80, 40, ['actor']),
    box(605, 58, 80, 40, ['actor']),
    box(40, 120, 175, 40, ['dispatcher', 'turns of at most 5 ms']),
    box(275, 120, 175, 40, ['dispatcher', 'turns of at most 5 ms']),
    box(510, 120, 175, 40, ['dispatcher', 'turns of at most 5 ms']),
    box(40, 176, 175, 36, ['inbox, in shared memory'], 'warm'),
    box(275, 176, 175, 36, ['inbox, in shared memory'], 'warm'),
    box(510, 176, 175, 36, ['inbox, in shared memory'], 'warm'),
    arrow([
      [120, 78],
      [135, 78],
    ]),
    arrow(
      [
        [80, 98],
        [80, 108],
        [246, 108],
        [246, 250],
        [362, 250],
        [362, 212],
      ],
      'tell across threads: bytes, in batches',
      { dx: -8, dy: 68, anchor: 'end' },
    ),
    text(
      20,
      282,
      'On one thread a message never leaves the heap: a store into the actor’s mailbox and one into the dispatcher’s line.',
      { style: 'small soft' },
    ),
    text(
      20,
      304,
      'Between threads it goes from worker to worker. What an inbox holds when its thread dies waits for the successor.',
      { style: 'small soft' },
    ),
  ]),

  supervision: drawing(720, 340, 'A supervision tree, and what the three strategies restart', [
    box(300, 16, 120, 44, ['supervisor'], 'hot'),
    ...[
      ['A', 150],
      ['B', 300],
      ['C', 450],
    ].map(([name, x]) => [
      box(x, 100, 120, 40, [name], name === 'B' ? 'warm' : 'box'),
      arrow([
        [360, 60],
        [x + 60, 100],
      ]),
    ]),
    text(360, 162, 'B fails', { anchor: 'middle', style: 'small soft' }),
    ...[
      ['oneForOne', 190, 'B'],
      ['oneForAll', 232, 'ABC'],
      ['restForOne', 274, 'BC'],
    ].map(([strategy, y, restarted]) => [
      text(20, y + 20, strategy, { style: 'mono' }),
      ...['A', 'B', 'C'].map((name, index) =>
        box(
          150 + index * 150,
          y,
          120,
          30,
          [restarted.includes(name) ? `${name} starts anew` : `${name} goes on`],
          restarted.includes(name) ? 'hot' : 'box',
        ),
      ),
    ]),
    text(
      20,
      330,
      'Stopped right to left, started left to right. More than `intensity` restarts in `period`, and the supervisor itself fails.',
      { style: 'small soft' },
    ),
  ]),

  interleaving: drawing(720, 300, 'Two threads, one order of their steps, chosen by the explorer', [
    text(20, 34, 'thread A', { style: '' }),
    text(20, 104, 'thread B', { style: '' }),
    ...[
      [110, 14, 'load → 0', 'box'],
      [490, 14, 'store 1', 'hot'],
    ].map(([x, y, line, kind]) => box(x, y, 110, 32, [line], kind)),
    ...[
      [236, 84, 'load → 0', 'box'],
      [363, 84, 'store 1', 'hot'],
    ].map(([x, y, line, kind]) => box(x, y, 110, 32, [line], kind)),
    arrow([
      [200, 46],
      [270, 84],
    ]),
    arrow([
      [346, 100],
      [363, 100],
    ]),
    arrow([
      [440, 84],
      [515, 46],
    ]),
    box(616, 84, 90, 32, ['1, not 2'], 'warm'),
    arrow([
      [580, 46],
      [640, 84],
    ]),
    box(
      110,
      168,
      490,
      44,
      ['who goes next?', 'random walk · priorities · every schedule · this one again'],
      'hot',
    ),
    ...[165, 291, 418, 545].map((x, index) =>
      arrow(
        [
          [x, 168],
          [x, index === 0 || index === 3 ? 46 : 116],
        ],
        undefined,
        { dashed: true },
      ),
    ),
    text(
      20,
      248,
      'Each Atomics operation of your code, as it is, waits until it is chosen. Time passes when it is chosen to.',
      {
        style: 'small soft',
      },
    ),
    text(20, 270, 'An order that fails is shortened, shown line by line, and played again from its seed.', {
      style: 'small soft',
    }),
  ]),

  stages: drawing(720, 210, 'One reader, several parsers, one writer, and the queues between them', [
    box(16, 66, 96, 48, ['reader', 'files'], 'box'),
    slots(146, 72, 22, 36, ['', '', '', ''], () => 'hot'),
    box(268, 16, 104, 40, ['parser'], 'box'),
    box(268, 70, 104, 40, ['parser'], 'box'),
    box(268, 124, 104, 40, ['…'], 'box'),
    slots(406, 72, 22, 36, ['', '', '', ''], () => 'hot'),
    box(528, 66, 90, 48, ['writer', 'batches'], 'box'),
    box(648, 66, 60, 48, ['index', 'SQLite'], 'hot'),
    arrow([
      [112, 90],
      [146, 90],
    ]),
    ...[36, 90, 144].flatMap(y => [
      arrow([
        [234, 90],
        [268, y],
      ]),
      arrow([
        [372, y],
        [406, 90],
      ]),
    ]),
    arrow([
      [494, 90],
      [528, 90],
    ]),
    arrow([
      [618, 90],
      [648, 90],
    ]),
    text(
      16,
      194,
      'Each box a thread. Both queues are bounded: who is too fast waits. Ctrl-C stops the reader; the rest drains.',
      {
        style: 'small soft',
      },
    ),
  ]),
};
