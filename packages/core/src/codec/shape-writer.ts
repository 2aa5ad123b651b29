/** The writer of one shape, made of source. */
import { compile } from './compile.ts';
import { mode, numbers } from './numbers.ts';
import { writeDouble } from './record.ts';
import { reserve, work } from './scratch.ts';
import { LONGEST_REMEMBERED, REMEMBERED_WORDS, writeNewText } from './site.ts';
import type { Site, WriteObject, Writing } from './site.ts';
import * as tags from './tags.ts';
import { writeText } from './text.ts';

const { DOUBLE, FALSE, head, NULL, NUMBERED, SHAPED, TRUE, UNDEFINED, WHOLE } = tags;

/** What a writer is made for. */
export interface Fields {
  readonly keys: readonly string[];
  readonly blob: Int32Array;
  readonly hash: number;
  /** What the fields were so far, which is looked for first: `typeof`, or `array`. */
  readonly types: readonly string[];
  readonly sites: readonly Site[];
}

/** Writes one field, given what it was so far; anything else goes through `write`, and then there must be room for the `rest` again. */
function fieldSource(types: readonly string[], i: number, note: string): string {
  const v = `v${i}`;
  const rest = (types.length - i) * REMEMBERED_WORDS;
  const again = `if(at+${rest}>work.limit)reserve(at+${rest});words=work.i32`;
  const any = `${note}at=write(${v},at,sites[${i}]);${again}`;
  switch (types[i]) {
    case 'number':
      return `if(typeof ${v}==='number'){if(${v}<<1>>1===${v}&&(${v}!==0||1/${v}>0))words[at++]=${v}<<1|${WHOLE};
else at=writeDouble(${head(DOUBLE, 0)},${v},at)}else{${any}}`;
    case 'string':
      return `if(${v}===s${i}.text){const w=s${i}.words,c=s${i}.count;for(let j=0;j<c;j++)words[at+j]=w[j];at+=c;s${i}.misses=0}
else if(typeof ${v}==='string'){at=${v}.length<=${LONGEST_REMEMBERED}?writeNewText(s${i},${v},at):writeText(${v},at);${again}}else{${any}}`;
    case 'boolean':
      return `if(${v}===true)words[at++]=${head(TRUE, 0)};else if(${v}===false)words[at++]=${head(FALSE, 0)};else{${any}}`;
    case 'array': {
      const others = types.flatMap((type, j) => (type === 'array' && j < i ? [`&&${v}!==v${j}`] : []));
      return `if(unmet&&isArray(${v})${others.join('')}&&(end=writeFlat(${v},at))>=0){a${i}=at;at=end;${again}}else{${any}}`;
    }
    default:
      return `if(${v}===undefined)words[at++]=${head(UNDEFINED, 0)};else if(${v}===null)words[at++]=${head(NULL, 0)};else{${any}}`;
  }
}

/**
 * The keys are compared by a `for … in`, which costs V8 nothing but the comparing (13 ns where `Object.keys` and the trie take 25). A key that is inherited is one too
 * many there, and the object is left to those. All values are read before anything is written, since a getter may encode something itself.
 */
export function compileWriter(fields: Fields, writing: Writing): WriteObject | undefined {
  const { keys, blob, hash, types, sites } = fields;
  const texts = keys.map(key => JSON.stringify(key));
  const first = [head(SHAPED, blob.length), hash, ...blob];
  const number = numbers.publish(blob);
  const room = first.length + keys.length * REMEMBERED_WORDS;
  const arrays = keys.flatMap((_, i) => (types[i] === 'array' ? [i] : []));
  const note = `if(unmet){unmet=false;note(object,start);${arrays.map(i => `if(a${i}!==0)note(v${i},a${i});`).join('')}}`;
  const source = `${keys.map((_, i) => `const s${i}=sites[${i}];`).join('')}
return(object,at,unmet)=>{let n=0;
for(const key in object)switch(n++){${texts.map((text, i) => `case ${i}:if(key!==${text})return -1;break;`).join('')}default:return -1}
if(n!==${keys.length})return -1;
const v0=object[${texts[0]}];
if(getPrototypeOf(object)!==plain)return -1;
${texts.map((text, i) => (i === 0 ? '' : `const v${i}=object[${text}];`)).join('')}
if(at+${room}>work.limit)reserve(at+${room});
const start=at;let words=work.i32,end=0;${arrays.map(i => `let a${i}=0;`).join('')}${number < 0 ? '' : `if(mode.numbered)words[at++]=${head(NUMBERED, number)};else `}{${first.map((word, i) => `words[at+${i}]=${word};`).join('')}
at+=${first.length}}
${keys.map((_, i) => fieldSource(types, i, note)).join('\n')}
return at}`;
  const values = {
    ...writing,
    mode,
    work,
    reserve,
    writeNewText,
    writeText,
    writeDouble,
    sites,
    isArray: Array.isArray,
    getPrototypeOf: Object.getPrototypeOf,
    plain: Object.prototype,
  };
  return compile(values, source) as WriteObject | undefined;
}
