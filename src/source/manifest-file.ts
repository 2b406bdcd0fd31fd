import { isDeepStrictEqual } from 'node:util';
import { NO_MARKS } from '../model/drain.ts';
import { type EndpointSlice, type Service, serviceKeyOf, type Skipped, type Snapshot } from '../model/snapshot.ts';
import { type ClusterNode, decodeEndpointSlice, decodeNode, decodeService, type ObjectKind } from './decode.ts';
import type { DocumentProblem, RawObject } from './documents.ts';

/** What a file says: its objects in their order, and what of them could not be used. */
export interface ManifestContent {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly nodes: readonly ClusterNode[];
  readonly skipped: readonly Skipped[];
}

/** A file as it was last seen. `content` is what it said when it was last good; undefined while it never was. */
export interface ManifestFile {
  readonly name: string;
  /** Tells one content from another: a file with the digest of before is not parsed again. */
  readonly digest: string;
  readonly content: ManifestContent | undefined;
  /** Why it does not count as it stands now; undefined while it does. */
  readonly problem: string | undefined;
}

/** Decodes the objects of one file. */
export function contentOf(objects: readonly RawObject[]): ManifestContent {
  const services = rawOf(objects, 'Service').map(decodeService);
  const slices = rawOf(objects, 'EndpointSlice').map(decodeEndpointSlice);
  const nodes = rawOf(objects, 'Node').map(decodeNode);
  return {
    services: services.flatMap(({ value }) => value ?? []),
    slices: slices.flatMap(({ value }) => value ?? []),
    nodes: nodes.flatMap(({ value }) => value ?? []),
    skipped: [...services, ...slices, ...nodes].flatMap(({ skipped }) => skipped),
  };
}

/**
 * A file after a look at it. All or nothing: one that cannot be used keeps what it said before. That holds for one
 * that has become empty too, for so it looks while another program is about to write it anew.
 */
export function nextFile(
  { name, digest }: Pick<ManifestFile, 'name' | 'digest'>,
  found: ManifestContent | { readonly problem: string },
  before: ManifestFile | undefined,
): ManifestFile {
  if ('problem' in found) return { name, digest, content: before?.content, problem: found.problem };
  const emptied = isEmpty(found) && before?.content !== undefined && !isEmpty(before.content);
  return emptied
    ? { name, digest, content: before.content, problem: `${name} has become empty; delete it to take its objects away` }
    : { name, digest, content: found, problem: undefined };
}

/** `web.yaml:3:7 ...`, the first of the problems of a file, and how many more there are. */
export function describeProblems(name: string, problems: readonly DocumentProblem[]): string {
  const [first] = problems;
  if (first === undefined) return name;
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  return `${name}:${first.line}:${first.column} ${first.detail}${more}`;
}

/** All files together, for the node of that name. An object that stands twice counts as in the first file by name. */
export function mergeFiles(files: readonly ManifestFile[], node: string): Snapshot {
  const inOrder = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const services = merge('Service', inOrder, (content) => content.services);
  const slices = merge('EndpointSlice', inOrder, (content) => content.slices);
  const skipped = inOrder.flatMap(({ name, content, problem }) => [
    ...(problem === undefined ? [] : [{ object: `file ${name}`, reason: 'file-invalid' as const, detail: problem }]),
    ...(content?.skipped ?? []),
  ]);
  const own = inOrder.flatMap(({ content }) => content?.nodes ?? []).find(({ name }) => name === node);
  return {
    services: services.kept,
    slices: Map.groupBy(slices.kept.values(), serviceKeyOf),
    zone: own?.zone,
    labels: own?.labels,
    marks: own?.marks ?? NO_MARKS,
    skipped: [...skipped, ...services.skipped, ...slices.skipped],
  };
}

/** The keys of the Services that are others in two snapshots, in themselves or in their slices. */
export function changedServices(before: Snapshot, after: Snapshot): Set<string> {
  const all = [before.services, before.slices, after.services, after.slices].flatMap((map) => [...map.keys()]);
  const same = (key: string): boolean =>
    before.zone === after.zone &&
    isDeepStrictEqual(before.services.get(key), after.services.get(key)) &&
    isDeepStrictEqual(before.slices.get(key), after.slices.get(key));
  return new Set(all.filter((key) => !same(key)));
}

const rawOf = (objects: readonly RawObject[], kind: ObjectKind): unknown[] =>
  objects.filter((object) => object.kind === kind).map(({ raw }) => raw);

const isEmpty = ({ nodes, services, skipped, slices }: ManifestContent): boolean =>
  services.length + slices.length + nodes.length + skipped.length === 0;

interface Named {
  readonly namespace: string;
  readonly name: string;
}

function merge<T extends Named>(
  kind: ObjectKind,
  files: readonly ManifestFile[],
  objectsOf: (content: ManifestContent) => readonly T[],
): { kept: Map<string, T>; skipped: Skipped[] } {
  const kept = new Map<string, T>();
  const owners = new Map<string, string>();
  const skipped: Skipped[] = [];
  for (const file of files) {
    for (const object of file.content ? objectsOf(file.content) : []) {
      const key = `${object.namespace}/${object.name}`;
      const owner = owners.get(key);
      if (owner === undefined) {
        owners.set(key, file.name);
        kept.set(key, object);
      } else {
        skipped.push(duplicate(`${kind} ${key}`, owner, file.name));
      }
    }
  }
  return { kept, skipped };
}

const duplicate = (object: string, owner: string, other: string): Skipped => ({
  object,
  reason: 'object-invalid',
  detail: `stands in ${owner} and again in ${other}; the first counts`,
});
