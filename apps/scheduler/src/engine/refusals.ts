// Why what a user asks for isn't done.

import { Trouble } from '../trouble.ts';

export function taken(id: string): Trouble {
  return new Trouble(`job: id must be new, but there is a job "${id}" already`, {
    kind: 'conflict',
    fields: [{ field: 'id', message: `must be new, but there is a job "${id}" already` }],
  });
}

export function unknownJob(id: string): Trouble {
  return new Trouble(`there is no job "${id}"`, { kind: 'notFound' });
}

export function changedMeanwhile(id: string): Trouble {
  return new Trouble(`job "${id}" was changed by someone else meanwhile. Look at it again`, {
    kind: 'conflict',
  });
}

export function unwritable(): Trouble {
  return new Trouble("the database can't be written at the moment. Try again later", { kind: 'unavailable' });
}
