// How far each file is committed. Results come out of order, because several threads make them; `offset` is where everything before is
// committed, and `beyond` says what is behind it. After a restart reading begins at `offset` and leaves out what is in `beyond`.

import type { FileMark, ToSink } from '../record.ts';
import { isResult } from '../record.ts';
import type { SavedMark } from './sink.ts';

interface Progress {
  mark: FileMark;
  offset: number;
  /** From start to end. */
  readonly beyond: Map<number, number>;
}

export class Offsets {
  readonly #files = new Map<number, Progress>();
  readonly #changed = new Set<Progress>();

  /** Learns of a file, or that a part of one is dealt with. */
  note(item: ToSink): void {
    if (!isResult(item) && item.kind === 'file') {
      const known = this.#files.get(item.file);
      if (known === undefined) {
        this.#files.set(item.file, { mark: item, offset: item.offset, beyond: new Map(item.beyond) });
        return;
      }
      // The file has grown, and more of its head is known, or it has been renamed.
      known.mark = item;
      this.#changed.add(known);
      return;
    }
    if (item.file === 0) return;
    const progress = this.#files.get(item.file)!;
    progress.beyond.set(item.start, item.end);
    for (
      let end = progress.beyond.get(progress.offset);
      end !== undefined;
      end = progress.beyond.get(progress.offset)
    ) {
      progress.beyond.delete(progress.offset);
      progress.offset = end;
    }
    this.#changed.add(progress);
  }

  /** Returns how those files stand of which something is new since the last call. */
  take(): SavedMark[] {
    const marks = Array.from(this.#changed, ({ mark, offset, beyond }) => ({
      path: mark.path,
      id: mark.id,
      dev: mark.dev,
      ino: mark.ino,
      head: mark.head,
      headBytes: mark.headBytes,
      offset,
      beyond: [...beyond],
    }));
    this.#changed.clear();
    return marks;
  }
}
