import type { Config } from '../config/config.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/**
 * Where a module of the kernel is. `loadable`: in /lib/modules, from where the kernel gets it by itself when it is asked
 * for what it does. `unknown`: not loaded, and /lib/modules of this kernel is not here to tell.
 */
export type ModuleState = 'loaded' | 'built in' | 'loadable' | 'absent' | 'unknown';

export interface ModuleFacts {
  readonly states: ReadonlyMap<string, ModuleState>;
  /** /proc/sys/kernel/modules_disabled: from then on no module is loaded until the next boot. */
  readonly sealed: boolean;
}

/** What a node cannot do without, and what is lost without the rest. */
export function wantedModules({ mode, scheduling }: Config['dataplane']): ReadonlyMap<string, Wanted> {
  if (mode === 'none') return new Map();
  return new Map<string, Wanted>([
    ['ip_vs', { vital: true, without: 'nothing is served' }],
    [`ip_vs_${scheduling.scheduler}`, { vital: true, without: 'the scheduler of dataplane.scheduler is missing' }],
    ['nf_conntrack', { vital: true, without: 'there is no SNAT, and every connection hangs' }],
    [
      'nf_conntrack_netlink',
      { vital: false, without: 'UDP clients stay with pods that are gone (conntrack-out-of-sync)' },
    ],
  ]);
}

interface Wanted {
  readonly vital: boolean;
  readonly without: string;
}

export const moduleFindings = (wanted: ReadonlyMap<string, Wanted>, { sealed, states }: ModuleFacts): Finding[] =>
  [...wanted].map(([name, one]) => judge(name, one, states.get(name) ?? 'unknown', sealed));

function judge(name: string, { vital, without }: Wanted, state: ModuleState, sealed: boolean): Finding {
  const check = `module: ${name}` as const;
  if (state === 'loaded' || state === 'built in') return ok(check, state);
  if (state === 'loadable' && !sealed) return ok(check, 'not loaded; the kernel loads it when the agent asks');
  const load = `\`modprobe ${name}\` on the node, and its name in /etc/modules-load.d/ (or the init container of deploy/)`;
  if (state === 'unknown')
    return warning(check, `not loaded, and whether it can be is not seen from here: ${without}`, load);
  const found =
    state === 'absent' ? 'this kernel has none' : 'not loaded, and modules_disabled forbids it until the next boot';
  const finding = vital ? error : warning;
  return finding(check, `${found}: ${without}`, state === 'absent' ? `install a kernel with ${name}` : load);
}
