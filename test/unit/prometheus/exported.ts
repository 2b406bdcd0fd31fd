/** What a text of metrics has: the labels of each metric, those of its samples alone; none for one without a sample. */
export type Exported = ReadonlyMap<string, ReadonlySet<string>>;

/** What is exported in some texts in Prometheus' format, by the name that is queried: a histogram has three. */
export function exportedIn(texts: readonly string[]): Exported {
  const exported = new Map<string, Set<string>>();
  const lines = texts.flatMap((text) => text.split('\n'));
  for (const line of lines) {
    const [, name, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? [];
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (name !== undefined) for (const suffix of suffixes) exported.set(name + suffix, new Set());
  }
  for (const line of lines) {
    const [, name = '', labels = ''] = /^(\w+)\{(.*)\} \S+$/.exec(line) ?? [];
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) exported.get(name)?.add(label);
  }
  return exported;
}

/** What Prometheus itself puts on every series, or a recorder of more than one cluster. */
const GIVEN = ['cluster', 'job', 'instance'];
const OURS = /\b(?:fairlead|process|nodejs)_\w+/g;

/** What an expression asks for that nobody exports: a metric, a label of one in braces, or one in `by` and `on`. */
export function missingIn(expr: string, exported: Exported, alsoLabels: readonly string[] = []): string[] {
  const names = [...expr.matchAll(OURS)].map(([name]) => name);
  const known = new Set([...GIVEN, ...names.flatMap((name) => [...(exported.get(name) ?? [])])]);
  const grouped = [...expr.matchAll(/\b(?:by|on|without) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  const selected = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => ({ name, label })),
  );
  return [
    ...names.filter((name) => !exported.has(name)),
    ...[...grouped, ...alsoLabels].filter((label) => !known.has(label)),
    ...selected
      .filter(({ label, name }) => exported.has(name) && !GIVEN.includes(label) && !exported.get(name)?.has(label))
      .map(({ label, name }) => `${name}{${label}}`),
  ];
}
