// What a word is, for those who make the index and for those who search in it: both must cut the same text at the same places.
// A word is a run of ASCII letters, digits, `_`, `$` and characters beyond ASCII; everything else separates words. SQLite's
// `ascii` tokenizer with `tokenchars '_$'` cuts at the same places.

export const SEPARATOR = 0;
export const DIGIT = 1;
/** What a name may begin with: ASCII letters, `_`, `$`, and any byte of a character beyond ASCII. */
export const LETTER = 2;

/** The class of each byte of UTF-8. */
export const BYTE_CLASS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return LETTER;
  const character = String.fromCharCode(byte);
  if (/[0-9]/.test(character)) return DIGIT;
  return /[A-Za-z_$]/.test(character) ? LETTER : SEPARATOR;
});

/** Lower case of each byte of ASCII; other bytes are as they are. */
export const ASCII_FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/**
 * Longer words (a hash, a picture in base64) are indexed as pieces of this many bytes that begin every `PIECE_STRIDE` bytes.
 * Hence a part of a word of up to `PART_BYTES` always lies within one piece, however long the word is.
 */
export const PIECE_BYTES = 64;
export const PIECE_STRIDE = 32;

/** The difference of the two, less the bytes by which a cut moves back so as not to split a character: up to 3 at each end. */
export const PART_BYTES: number = PIECE_BYTES - PIECE_STRIDE - 6;

/** Returns the largest index up to `limit` at which `bytes` can be cut without splitting a character. */
export function cut(bytes: Uint8Array, limit: number): number {
  let at = limit;
  // 10xxxxxx continues a character.
  while (at > 0 && (bytes[at]! & 0xc0) === 0x80) at -= 1;
  return at;
}

/**
 * Folds letters so that texts that differ in case only become equal: for any two characters that a regular expression with the
 * flags `iu` holds to be equal, the results are equal. (It may unite more; a search compares the texts themselves in the end.)
 */
export function fold(text: string): string {
  let folded = '';
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

/** Pairs that Unicode folds together although neither case tells: their upper cases are sequences. */
const PAIRS: ReadonlyMap<string, string> = new Map([
  ['\u1FD3', '\u0390'],
  ['\u1FE3', '\u03B0'],
  ['\uFB05', '\uFB06'],
]);

function foldCharacter(character: string): string {
  // By way of upper case, because several lower-case letters share one: `σ` and `ς`, `s` and `ſ`. A result of several characters
  // (`ß` to `SS`) isn't simple folding, and grep and regular expressions don't do it either.
  const upper = single(character.toUpperCase()) ?? character;
  return PAIRS.get(character) ?? single(upper.toLowerCase()) ?? upper;
}

function single(text: string): string | undefined {
  const length = text.codePointAt(0)! > 0xffff ? 2 : 1;
  return text.length === length ? text : undefined;
}
