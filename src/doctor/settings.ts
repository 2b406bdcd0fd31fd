import { planSysctls, type SysctlValues } from '../dataplane/sysctl/plan.ts';
import { acceptRa, type Sysctl } from '../dataplane/sysctl/want.ts';
import { error, type Finding, ok, warning } from './finding.ts';

export interface SettingFacts {
  /** Of every wanted setting. */
  readonly actual: SysctlValues;
  /** By interface, its accept_ra. */
  readonly listening: SysctlValues;
  /** Whether /proc/sys can be written here: then the agent sets them by itself. */
  readonly writable: boolean;
  /** Interfaces that have a default route of IPv6 from router advertisements. */
  readonly advertised: readonly string[];
}

/** What the kernel settings lack of what the agent wants, in the order in which they are to be set. */
export function settingFindings(wanted: readonly Sysctl[], facts: SettingFacts): Finding[] {
  const wrong = planSysctls(wanted, facts.actual, () => facts.listening);
  const right = wanted.filter(({ key }) => !wrong.some((one) => one.key === key));
  const listening = wrong.some(({ key }) => key.endsWith('/accept_ra')) ? [] : deafFindings(wanted, facts);
  return [
    ...wrong.map(({ found, key, value }) => wrongFinding({ key, value }, found, facts.writable)),
    ...right.map(({ key, value }) => ok(`sysctl: ${key}`, value)),
    ...listening,
  ];
}

function wrongFinding({ key, value }: Sysctl, found: string | undefined, writable: boolean): Finding {
  const check = `sysctl: ${key}` as const;
  const set = `sysctl -w ${nameOf(key)}=${value}`;
  if (writable && found === undefined) return ok(check, 'comes with its module, and the agent sets it then');
  if (writable)
    return warning(check, `expected ${value}, found ${found}; the agent sets it when it starts`, `\`${set}\``);
  const command = found === undefined ? `modprobe ip_vs; ${set}` : set;
  const where = `\`${command}\` in the privileged init container of deploy/, or in /etc/sysctl.d/ of the node`;
  return error(check, `expected ${value}, found ${found ?? 'no such setting'}, and /proc/sys is read-only here`, where);
}

/** A node that forwards already and listens by 1 alone has stopped listening: what it has from routers runs out. */
function deafFindings(wanted: readonly Sysctl[], { advertised, listening }: SettingFacts): Finding[] {
  if (!wanted.some(({ key }) => key.startsWith('net/ipv6/'))) return [];
  return advertised
    .filter((name) => listening.get(name) === '1')
    .map((name) =>
      error(
        `sysctl: ${acceptRa(name)}`,
        'expected 2, found 1: a node that forwards does not listen, and its default route over IPv6 runs out',
        `\`sysctl -w ${nameOf(acceptRa(name))}=2\`, and in /etc/sysctl.d/ of the node`,
      ),
    );
}

/** sysctl(8) takes a slash for a dot inside of an interface's name, as in `eth0/10`. */
const nameOf = (key: string): string => key.replaceAll('.', '\0').replaceAll('/', '.').replaceAll('\0', '/');

/** An uplink, and what decides whether a packet of a client is taken in there. */
export interface Uplink {
  readonly name: string;
  /** net.ipv4.conf.X.rp_filter, of `all` and of the interface: the higher one counts (ip-sysctl.rst). */
  readonly all: number;
  readonly own: number;
  /** Whether a default route, with all the hops it has, leads out there. */
  readonly leadsBack: boolean;
}

const STRICT = 1;

/** Strict, the kernel drops a packet whose sender it would not answer by the interface that the packet came in by. */
export function reversePathFinding({ all, leadsBack, name, own }: Uplink): Finding {
  const check = `rp_filter: ${name}` as const;
  const value = Math.max(all, own);
  if (value !== STRICT) return ok(check, value === 0 ? '0: off' : `${value}: loose`);
  if (leadsBack) return ok(check, '1: strict, and the default route leads out there');
  return warning(
    check,
    '1: strict, and no default route leads out there: packets of clients that come in there are dropped',
    `\`sysctl -w ${nameOf(`net/ipv4/conf/${name}/rp_filter`)}=2\`, and in /etc/sysctl.d/ of the node`,
  );
}
