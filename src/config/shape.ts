import { z } from 'zod';
import { PATTERN } from './pattern.ts';
import { durationBetween, type Reading } from './read.ts';

/**
 * What schemas are made of. Each message is what was expected, in words that follow "expected"; what was found and where is
 * added by `parseConfig`.
 */

/** A mapping with these keys and no other: a mistyped key must not silently mean its default. */
export function mapping<S extends z.core.$ZodLooseShape>(expected: string, shape: S) {
  return z.strictObject(shape, { error: expected });
}

/** For editors: of these keys of a mapping, one is there and no other. */
export const exactlyOne = (...keys: readonly string[]) => ({ oneOf: keys.map((key) => ({ required: [key] })) });

/** A list of at least one element. */
export function list<T extends z.core.SomeType>(expected: string, element: T) {
  return z.array(element, { error: expected }).min(1, { error: expected });
}

/** A text that is read by a function. @param pattern for editors, which cannot call the function */
export function text<T>(expected: string, read: (text: string) => Reading<T>, pattern?: string) {
  const written = z.string({ error: expected }).meta(pattern === undefined ? {} : { pattern });
  return written.transform((given, context) => {
    const reading = read(given);
    if ('value' in reading) return reading.value;
    context.issues.push({ code: 'custom', message: reading.expected, input: given });
    return z.NEVER;
  });
}

/** Between two bounds, themselves written as durations; in milliseconds. */
export function duration(least: string, most: string) {
  return text(
    `a duration from ${least} to ${most}, such as 500ms, 3s or 1m`,
    durationBetween(least, most),
    PATTERN.duration,
  );
}

export function integer(least: number, most: number, what: string) {
  return whole(least, most, `${what} from ${least} to ${most}`);
}

/** An integer, with a message that has the bounds in its own words. */
export function whole(least: number, most: number, error: string) {
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export function oneOf<const T extends string>(names: readonly T[]) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}

export const flag = () => z.boolean({ error: 'true or false' });

export const port = (of: string) => integer(1, 65_535, of);
