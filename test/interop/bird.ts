import { type Address, FAMILIES, type Family, familyOf, type Prefix } from '../../src/model/address.ts';
import type { SeenPath, SeenSession, SwitchConfig, SwitchSession } from './switch.ts';

/** The name of a session's protocol: BIRD's names have no dots and colons. */
export const protocolOf = (neighbor: Address): string => `n_${neighbor.replaceAll('.', '_').replaceAll(':', 'x')}`;

const addressOf = (protocol: string): Address => protocol.slice(2).replaceAll('_', '.').replaceAll('x', ':');

/** The configuration of BIRD 2 for what a switch is to do. */
export function birdConfig(config: SwitchConfig): string {
  const lines = [
    'log "/run/bird.log" all;',
    `router id ${config.routerId};`,
    'protocol device { scan time 2; }',
    ...FAMILIES.flatMap((family) => [
      `protocol kernel { ${family} { export where source = RTS_BGP; }; merge paths on limit 16; learn; scan time 5; }`,
      `protocol static { ${family}; ${routesOf(family, config)} }`,
    ]),
    'protocol bfd { interface "eth0" { min rx interval 300 ms; min tx interval 300 ms; multiplier 3; }; }',
    ...config.sessions.map((session) => protocolLine(config.localAs, session)),
  ];
  return `${lines.join('\n')}\n`;
}

const routesOf = (family: Family, { originated }: SwitchConfig): string =>
  originated
    .filter((prefix) => familyOf(prefix) === family)
    .map((prefix) => `route ${prefix} unreachable;`)
    .join(' ');

function protocolLine(localAs: number, session: SwitchSession): string {
  const settings = [
    `local ${session.local} as ${localAs}`,
    `neighbor ${session.neighbor} as ${session.as}`,
    'hold time 9; keepalive time 3; connect delay time 1; connect retry time 1; error wait time 1, 2',
    ...(session.password === undefined ? [] : [`password "${session.password}"`]),
    ...(session.ttlSecurity ? ['ttl security on'] : []),
    ...(session.multihopTtl === undefined ? ['direct'] : [`multihop ${session.multihopTtl}`]),
    ...(session.passive ? ['passive on'] : []),
    ...(session.bfd ? ['bfd on'] : []),
    ...session.families.map((family) => `${family} { import all; export where source = RTS_STATIC; }`),
  ];
  return `protocol bgp ${protocolOf(session.neighbor)} { ${settings.join('; ')}; }`;
}

/** One protocol of `show protocols all NAME`; undefined where it has none of that name. */
export function parseBirdSession(text: string): SeenSession | undefined {
  const [, since, state] = /^n_\S+ +BGP +\S+ +\S+ +(\S+) *(.*?) *$/m.exec(text) ?? [];
  if (since === undefined || state === undefined) return undefined;
  const received = [...text.matchAll(/Import (?:updates|withdraws): +(\d+)/g)].map(([, count]) => Number(count));
  const hold = /Hold timer: +\S+\/(\d+)/.exec(text)?.[1];
  return {
    established: state === 'Established',
    state: state === '' ? 'down' : state,
    holdTimeSeconds: hold === undefined ? undefined : Number(hold),
    updates: received.reduce((sum, count) => sum + count, 0),
    // BIRD works it out anew for each look, and is a millisecond off now and then.
    since: since.replace(/\.\d+$/, ''),
  };
}

/** The paths of `show route PREFIX all` that came by BGP. */
export function parseBirdPaths(text: string): SeenPath[] {
  const paths = text.split(/^(?=\S.*\[n_|[ \t]+unicast \[n_)/m).filter((part) => /\[n_\S+ /.test(part));
  return paths.map((part) => {
    const attribute = (name: string): string => new RegExp(`BGP\\.${name}: (.*)$`, 'm').exec(part)?.[1]?.trim() ?? '';
    const tuples = (name: string): string[] =>
      [...attribute(name).matchAll(/\(([^)]*)\)/g)].map(([, inner = '']) => inner.replaceAll(/, ?/g, ':'));
    const number = (name: string): number | undefined => (attribute(name) === '' ? undefined : Number(attribute(name)));
    const nextHops = attribute('next_hop').split(' ');
    return {
      from: addressOf(/\[(n_\S+) /.exec(part)?.[1] ?? ''),
      nextHop: nextHops[0] ?? '',
      asPath: attribute('as_path').split(' ').filter(Boolean).map(Number),
      communities: tuples('community'),
      largeCommunities: tuples('large_community'),
      extendedCommunities: tuples('ext_community'),
      med: number('med'),
      localPref: number('local_pref'),
    };
  });
}

/** The prefixes of `show route protocol NAME`. */
export const parseBirdPrefixes = (text: string): Prefix[] =>
  [...text.matchAll(/^([0-9a-f.:]+\/\d+) /gm)].map(([, prefix = '']) => prefix);

/** The state of a neighbour in `show bfd sessions`, in lower case. */
export function parseBirdBfd(text: string, neighbor: Address): string | undefined {
  const row = text.split('\n').find((line) => line.startsWith(`${neighbor} `));
  return row?.split(/ +/)[2]?.toLowerCase();
}
