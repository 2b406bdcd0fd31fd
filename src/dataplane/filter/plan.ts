/** What is served, as `tcp/10.99.66.10:80`: the key of a virtual server. */
export type Served = ReadonlySet<string>;

export interface ServedChange {
  readonly kind: 'add' | 'delete';
  readonly key: string;
}

/** Members that must leave the set before IPVS stops serving them, or a host socket could answer in between. */
export const planNarrow = (wanted: Served, actual: Served): ServedChange[] =>
  [...actual].filter((key) => !wanted.has(key)).map((key) => ({ kind: 'delete', key }));

/** Members that may join the set once IPVS serves them. */
export const planWiden = (wanted: Served, actual: Served): ServedChange[] =>
  [...wanted].filter((key) => !actual.has(key)).map((key) => ({ kind: 'add', key }));

export const formatServedChange = ({ kind, key }: ServedChange): string => `${kind} ${key}`;
