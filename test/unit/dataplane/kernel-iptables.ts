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
    const isOther = (rule: string): boolean => mark === '' || !rule.includes(mark);
    return Object.fromEntries(others.map(([chain, rules]) => [chain, rules.filter(isOther)]));
  }
}

function apply(chains: Map<string, string[]>, line: string): void {
  const [, declared] = /^:(\S+) /.exec(line) ?? [];
  if (declared !== undefined) {
    // Declaring a chain that exists empties it.
    chains.set(declared, []);
    return;
  }
  if (emptyOrDelete(chains, line)) return;
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

/** `-F` empties a chain and `-X` deletes it, which is refused while it has rules or something jumps to it. */
function emptyOrDelete(chains: Map<string, string[]>, line: string): boolean {
  const [, command, chain = ''] = /^-([FX]) (\S+)$/.exec(line) ?? [];
  if (command === undefined) return false;
  const used = [...chains.values()].some((rules) => rules.some((rule) => rule.endsWith(`-j ${chain}`)));
  if (!chains.has(chain)) throw new Error(`iptables-restore: no chain by that name: ${line}`);
  if (command === 'F') chains.set(chain, []);
  else if (used || chains.get(chain)?.length !== 0) throw new Error(`iptables-restore: too many links: ${line}`);
  else chains.delete(chain);
  return true;
}
