import { describe, expect, it } from 'vitest';
import { splitWords } from '../../../lab/words.ts';

describe('splitWords', () => {
  it.each([
    ['', []],
    ['  a  b\tc\n', ['a', 'b', 'c']],
    [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [`"say \\"hi\\" \\n"`, ['say "hi" \\n']],
    [`'it'\\''s'`, ["it's"]],
  ])('splits %j as a shell does', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it.each([`'open`, `a "open`, 'a\\'])('refuses %j', (text) => {
    expect(splitWords(text)).toBeUndefined();
  });
});
