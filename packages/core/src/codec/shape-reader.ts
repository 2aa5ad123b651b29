/** The reader of one shape, made of source. */
import { compile } from './compile.ts';
import { LONGEST_REMEMBERED, MOST_MISSES } from './site.ts';
import * as tags from './tags.ts';

const { head, WHOLE } = tags;

/** Reads the next value of the message. */
export type Read = () => unknown;
/** What a compiled reader needs of the message being read: a value, and the words of those that it reads itself. */
export interface Reading {
  read: Read;
  /** The word to read next. */
  next(): number;
  goTo(next: number): void;
  /** The word after the message. */
  end(): number;
  words(): Int32Array;
  doubles(): Float64Array;
}

/** The text that a field had last, and its record: comparing some words is cheaper than making a text of them. */
class Recent {
  text = '';
  readonly words: Int32Array = new Int32Array(RECENT_WORDS);
  /** 0 while there is none. */
  count = 0;
  misses = 0;
}

const RECENT_WORDS = 1 + LONGEST_REMEMBERED / 4;
const TEXT_TAG: number = head(tags.TEXT_BYTES, 0) & 0xff;

/** Reads a field that isn't the text that was there last, and remembers it if it is one. */
function readNewText(recent: Recent, at: number, reading: Reading): unknown {
  reading.goTo(at);
  const value = reading.read();
  if (typeof value !== 'string' || recent.misses === MOST_MISSES) return value;
  const words = reading.words();
  const count = reading.next() - at;
  if (++recent.misses === MOST_MISSES || count > RECENT_WORDS || (words[at]! & 0xff) !== TEXT_TAG) {
    recent.count = 0;
    return value;
  }
  for (let word = 0; word < count; word++) recent.words[word] = words[at + word]!;
  recent.count = count;
  recent.text = value;
  return value;
}

/** What has no more than a first word, by that word: undefined, null, true and false have the tags 1 to 4. */
const constants = [0, 0, undefined, 0, null, 0, true, 0, false];

/** Arrays of so few items are read item by item, by code for each. */
const MOST_ITEMS = 8;

/** Reads the value at `at` into the variable `v`, given what it was in an example; anything else goes through `read`. `recents` counts the texts. */
function valueSource(example: unknown, v: string, recents: { count: number }): string {
  const any = `reading.goTo(at);${v}=reading.read();at=reading.next()`;
  switch (typeof example) {
    case 'number':
      // A number that a function returns, and that isn't whole, is put on the heap.
      return `let ${v};if(at<end&&(words[at]&${WHOLE})!==0)${v}=words[at++]>>1;
else{const p=(at+2)>>1;if(p*2+2<=end&&words[at]===${head(tags.DOUBLE, 0)}){${v}=reading.doubles()[p];at=p*2+2}else{${any}}}`;
    case 'string': {
      const r = `r${recents.count++}`;
      return `let ${v};{let k=0;const w=${r}.words,c=${r}.count;if(at+c<=end)while(k<c&&words[at+k]===w[k])k++;
if(k===c&&c!==0){${v}=${r}.text;at+=c;${r}.misses=0}else{${v}=readNewText(${r},at,reading);at=reading.next()}}`;
    }
    default: {
      if (!Array.isArray(example) || example.length > MOST_ITEMS)
        return `let ${v};{const w=at<end?words[at]:0;if(w>0&&w<${constants.length}&&(w&1)===0){${v}=constants[w];at++}else{${any}}}`;
      // One that something further on refers to has another first word.
      const items = example.map((_, i) => `${v}_${i}`);
      return `let ${v};if(at<end&&words[at]===${head(tags.ARRAY, items.length)}){at++;
${items.map((item, i) => valueSource(example[i], item, recents)).join('\n')}
${v}=[${items.join()}]}else{${any}}`;
    }
  }
}

/** `["__proto__"]` defines a property; `"__proto__"` would set the prototype. */
export function compileReader(
  keys: readonly string[],
  example: object,
  reading: Reading,
): (() => object) | undefined {
  const fields = keys.map((key, i) => `${key === '__proto__' ? '["__proto__"]' : JSON.stringify(key)}:v${i}`);
  const recents = { count: 0 };
  const values = keys.map((key, i) =>
    valueSource(Object.getOwnPropertyDescriptor(example, key)?.value, `v${i}`, recents),
  );
  const source = `${Array.from({ length: recents.count }, (_, r) => `const r${r}=new Recent();`).join('')}
return()=>{const words=reading.words(),end=reading.end();let at=reading.next();
${values.join('\n')}
reading.goTo(at);
return{${fields.join()}}}`;
  return compile({ reading, readNewText, Recent, constants }, source) as (() => object) | undefined;
}
