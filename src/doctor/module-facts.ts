import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { textIn } from './look.ts';
import type { ModuleFacts, ModuleState } from './modules.ts';

/** Files that a module makes as it comes, loaded or built in. */
const TRACES: ReadonlyMap<string, string> = new Map([
  ['ip_vs', '/proc/sys/net/ipv4/vs'],
  ['nf_conntrack', '/proc/sys/net/netfilter/nf_conntrack_max'],
]);

/** Looks for modules of the running kernel by their names, with underscores. Loads none. */
export function moduleFacts(names: Iterable<string>): ModuleFacts {
  const folder = `/lib/modules/${release()}`;
  const loaded = namesIn('/proc/modules', /^(\S+) /gm);
  const builtIn = namesIn(`${folder}/modules.builtin`, /([^/\n]+)\.ko/g);
  const loadable = existsSync(`${folder}/modules.dep`)
    ? namesIn(`${folder}/modules.dep`, /([^/\n]+)\.ko[^:\s]*:/g)
    : undefined;
  const stateOf = (name: string): ModuleState => {
    if (loaded.has(name)) return 'loaded';
    if (builtIn.has(name) || existsSync(`/sys/module/${name}`) || existsSync(TRACES.get(name) ?? '')) return 'built in';
    if (loadable === undefined) return 'unknown';
    return loadable.has(name) ? 'loadable' : 'absent';
  };
  return {
    states: new Map(Array.from(names, (name) => [name, stateOf(name)])),
    sealed: textIn('/proc/sys/kernel/modules_disabled') === '1',
  };
}

/** Dashes and underscores are the same to modprobe. */
function namesIn(file: string, pattern: RegExp): Set<string> {
  if (!existsSync(file)) return new Set();
  return new Set(
    Array.from(readFileSync(file, 'utf8').matchAll(pattern), ([, name = '']) => name.replaceAll('-', '_')),
  );
}
