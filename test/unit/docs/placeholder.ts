/** `FILE`, `POD`, `<node>`: what the reader puts something else for, also as a part of a word: `fairlead-NODE`; or a
 * file of his own, which is called `my-...`. */
export const isPlaceholder = (word: string): boolean => /\b[A-Z][A-Z_]{2,}\b|^<.+>$|^\$|^\.\.\.$|^my-/.test(word);
