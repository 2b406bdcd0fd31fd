import { type Fault, type KeyPath, valueAt } from './fault.ts';
import { configJsonSchema } from './json-schema.ts';
import { suggest } from './suggest.ts';

/** What the schema says of a value that it does not take. */
export interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of a mapping: the keys that it may not have. */
  readonly keys?: readonly string[];
  /** Of a value out of a closed set: what it may be. */
  readonly values?: readonly unknown[];
  /** Of a value that may be of several kinds: what each of them says, by paths below this one. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** The faults of an issue, with what was found. */
export function faultsOf(issue: Issue, raw: unknown): Fault[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const inside = kindMeant(issue);
  if (inside) return inside.flatMap((below) => faultsOf({ ...below, path: [...path, ...below.path] }, raw));
  if (issue.keys) return issue.keys.map((key) => unknownKey([...path, key], knownKeys(path)));
  if (issue.code === 'invalid_key') return [badKey(path, issue.message)];
  const expected = issue.message + meant(valueAt(raw, path), issue.values);
  return [{ path, expected, found: isSecret(path) ? 'another text' : foundAt(path, raw) }];
}

/** The value of a closed set that a mistyped one was most likely meant to be, in words. */
function meant(written: unknown, values: readonly unknown[] = []): string {
  const known = values.filter((value) => typeof value === 'string');
  const best = typeof written === 'string' && known.length > 1 ? suggest(written, known) : undefined;
  return best === undefined ? '' : ` (did you mean ${best}?)`;
}

/** What is said by the one kind that the value is of, if there is such a kind: a mistake in it is to be named in its words. */
function kindMeant({ errors = [] }: Issue): readonly Issue[] | undefined {
  const kinds = errors.filter(([first]) => first !== undefined && !isOfAnotherKind(first));
  return kinds.length === 1 ? kinds[0] : undefined;
}

const isOfAnotherKind = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');

const badKey = (path: KeyPath, expected: string): Fault => ({
  path,
  expected,
  found: `the key ${JSON.stringify(path.at(-1))}`,
  place: 'key',
});

/** Whoever takes it for the password itself is not to read it in a log. */
const isSecret = (path: KeyPath): boolean => path.at(-1) === 'passwordFile';

function unknownKey(path: KeyPath, known: readonly string[]): Fault {
  const written = String(path.at(-1));
  const found = `the unknown key ${JSON.stringify(written)}`;
  if (written === 'password' && known.includes('passwordFile')) {
    return {
      path,
      expected: '`passwordFile` with the path of a file: no password stands in here',
      found,
      place: 'key',
    };
  }
  const best = suggest(written, known);
  const expected = best === undefined ? `one of the keys ${known.join(', ')}` : `a known key (did you mean ${best}?)`;
  return { path, expected, found, place: 'key' };
}

/** Which keys the mapping at a path may have, by the JSON Schema. */
function knownKeys(path: KeyPath): string[] {
  const schema = path.reduce<unknown>(below, configJsonSchema());
  return Object.keys(valueAt(asMapping(schema), ['properties']) ?? {});
}

const below = (schema: unknown, key: string | number): unknown =>
  valueAt(asMapping(schema), typeof key === 'number' ? ['items'] : ['properties', key]);

/** Of several kinds, the one that has something inside. */
function asMapping(schema: unknown): unknown {
  const kinds = valueAt(schema, ['anyOf']);
  return Array.isArray(kinds) && valueAt(schema, ['properties']) === undefined
    ? kinds.find((kind) => ['properties', 'items'].some((key) => valueAt(kind, [key]) !== undefined))
    : schema;
}

function foundAt(path: KeyPath, raw: unknown): string {
  const value = valueAt(raw, path);
  return path.length === 0 && (value === undefined || value === null) ? 'an empty file' : describe(value);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
