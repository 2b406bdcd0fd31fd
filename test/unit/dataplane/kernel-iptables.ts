/** One iptables table, with `iptables-save` and `iptables-restore --noflush` as the programs do them. */
export class IptablesKernel {
  #chains: Map<string, string[]>;

  constructor(chains: Readonly<Record<string, readonly string[] | undefined>>) {
    const existing = Object.entries(chains).flatMap(([name, rules]) =>
      rules ? [[name, [...rules]] satisfies [string, string[]]] : [],
    );
    this.#chains = new Map(existing);
  }

  save(): string {
    const declared = [...this.#chains.keys()].map((chain) => `:${chain} - [0:0]`);
    const appended = [...this.#chains].flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`));
    return ['*filter', ...declared, ...appended, 'COMMIT', ''].join('\n');
  }

  /** Applies all lines or, where one is refused, none: then it throws. */
  restore(lines: readonly string[]): void {
    const after = new Map([...this.#chains].map(([chain, rules]) => [chain, [...rules]]));
    for (const line of lines) apply(after, line);
    this.#chains = after;
  }

  /** The rules that do not carry a mark, of all chains but some. */
  rulesWithout(mark: string, chains: readonly string[]): Record<string, string[]> {
    const others = [...this.#chains].filter(([chain]) => !chains.includes(chain));
    return Object.fromEntries(others.map(([chain, rules]) => [chain, rules.filter((rule) => !rule.includes(mark))]));
  }
}

function apply(chains: Map<string, string[]>, line: string): void {
  const [, declared] = /^:(\S+) /.exec(line) ?? [];
  if (declared !== undefined) {
    // Declaring a chain that exists empties it.
    chains.set(declared, []);
    return;
  }
  const [, command, chain = '', rule = ''] = /^-([AID]) (\S+) (?:1 )?(.*)$/.exec(line) ?? [];
  const rules = chains.get(chain);
  const target = / -j (FAIRLEAD-\S+)$/.exec(` ${rule}`)?.[1];
  if (rules === undefined || (command !== 'D' && target !== undefined && !chains.has(target))) {
    throw new Error(`iptables-restore: no chain by that name: ${line}`);
  }
  if (command === 'A') rules.push(rule);
  else if (command === 'I') rules.unshift(rule);
  else if (!rules.includes(rule)) throw new Error(`iptables-restore: no such rule: ${line}`);
  else rules.splice(rules.indexOf(rule), 1);
}
