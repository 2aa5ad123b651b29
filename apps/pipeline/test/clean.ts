import { defineTransform } from '@heddle/pipeline';

interface Entry {
  readonly level: string;
  readonly text: string;
  readonly ms?: number;
}

export default defineTransform<Entry>(({ value, receivedAt }) => {
  if (value.level === 'debug') return undefined; // left out
  if (typeof value.text !== 'string') throw new TypeError(`text must be a string, got ${typeof value.text}`); // a dead letter
  return {
    ...value,
    level: value.level.toUpperCase(),
    slow: (value.ms ?? 0) > 500,
    day: new Date(receivedAt).toISOString().slice(0, 10),
  };
});
