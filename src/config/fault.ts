import type { z } from 'zod';

/** The way to a value inside the file: keys and indices. */
export type KeyPath = readonly (string | number)[];

/** `bgp.peers[0].address`; empty for the file as a whole. */
export const formatPath = (path: KeyPath): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');

/** One thing that is wrong, by the path of the value. */
export interface Fault {
  readonly path: KeyPath;
  readonly expected: string;
  readonly found: string;
  /** Where to point: at the value, unless it is its key that is wrong. */
  readonly place?: 'key';
}

/** The value at a path of plain data; undefined where the path ends early. */
export function valueAt(raw: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    raw,
  );
}

/** A well-formed text with its place. */
export interface Found {
  readonly path: KeyPath;
  readonly value: string;
}

export interface Reader {
  safeParse(raw: unknown): { success: true; data: string } | { success: false };
}

/** The text at a path, where it is well-formed. */
export function readable(reader: Reader, path: KeyPath, raw: unknown): Found[] {
  const result = reader.safeParse(valueAt(raw, path));
  return result.success ? [{ path, value: result.data }] : [];
}

/** How many elements the list at a path has; 0 where there is none. */
export function elementsAt(raw: unknown, path: KeyPath): KeyPath[] {
  const elements = valueAt(raw, path);
  return Array.isArray(elements) ? elements.map((_, index) => [...path, index]) : [];
}

type Shape = Readonly<Record<string, z.ZodType>>;

/** What is well-formed by itself in a mapping, defaults filled in; undefined for each key that is not. */
export type Partly<S extends Shape> = { readonly [K in keyof S]?: z.output<S[K]> | undefined };

export function partly<S extends Shape>(shape: S, raw: unknown): Partly<S> {
  const read = Object.entries(shape).map(([key, reader]) => [key, reader.safeParse(valueAt(raw, [key])).data]);
  return Object.fromEntries(read) as Partly<S>;
}
