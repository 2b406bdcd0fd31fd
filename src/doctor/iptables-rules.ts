import { type Address, hostPrefix, parseAddress, parsePrefix, prefixContains } from '../model/address.ts';
import type { IptablesTable } from '../dataplane/firewall/parse.ts';
import { type Chains, type Match, not, type Packet, type Rule, unclear } from './rules.ts';

/** The rules of one table as `iptables-save` prints them, for `fateOf`. */
export const iptablesRules = (table: IptablesTable): Chains =>
  new Map([...table].map(([chain, rules]) => [chain, rules.map((rule) => parseRule(chain, rule))]));

/** The policy of a chain in the same text: `:FORWARD DROP [0:0]`. */
export const policyIn = (text: string, chain: string): 'accept' | 'drop' =>
  new RegExp(`^:${chain} DROP `, 'm').test(text) ? 'drop' : 'accept';

const VERDICTS: ReadonlyMap<string, Rule['verdict']> = new Map([
  ['ACCEPT', 'accept'],
  ['DROP', 'drop'],
  ['REJECT', 'drop'],
  ['RETURN', 'return'],
]);

/** Targets that end nothing are chains nobody has, which is the same. */
function parseRule(chain: string, text: string): Rule {
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const matches: Match[] = [];
  let verdict: Rule['verdict'] = 'none';
  for (let at = 0; at < words.length;) {
    const inverted = words[at] === '!';
    if (inverted) at += 1;
    const option = words[at] ?? '';
    const next = words[at + 1] ?? '';
    // Some options have no value, as `--syn`.
    const value = /^(-\D|!$)/.test(next) ? '' : next;
    at += value === '' ? 1 : 2;
    if (option === '-j' || option === '-g') {
      verdict = VERDICTS.get(value) ?? { chain: value, back: option === '-j' };
      // What follows belongs to the target.
      break;
    }
    if (IGNORED.has(option)) continue;
    const match = MATCHES.get(option)?.(value) ?? unclear;
    matches.push(inverted ? not(match) : match);
    while (at < words.length && !/^(-|!$)/.test(words[at] ?? '')) at += 1;
  }
  return { matches, verdict, text: `-A ${chain} ${text}` };
}

/** `-m` only says which options may follow. */
const IGNORED: ReadonlySet<string> = new Set(['-m', '--comment']);

const within = (address: Address | undefined, text: string): boolean | undefined => {
  const lone = parseAddress(text);
  const prefix = lone === undefined ? parsePrefix(text) : hostPrefix(lone);
  return address === undefined || prefix === undefined ? undefined : prefixContains(prefix, address);
};

/** `80,443,1000:2000` */
const hasPort = (port: number | undefined, text: string): boolean | undefined =>
  port === undefined
    ? undefined
    : text.split(',').some((part) => {
        const [least = '', most = least] = part.split(':');
        return port >= Number(least) && port <= Number(most || 65_535);
      });

/** `eth+` stands for all that begin so. */
const isInterface = (name: string | undefined, text: string): boolean | undefined => {
  if (name === undefined) return text === 'lo' ? false : undefined;
  return text.endsWith('+') ? name.startsWith(text.slice(0, -1)) : name === text;
};

const hasState = ({ state }: Packet, text: string): boolean => text.split(',').includes(state.toUpperCase());

const MATCHES: ReadonlyMap<string, (value: string) => Match> = new Map<string, (value: string) => Match>([
  [
    '-s',
    (value) =>
      ({ source }) =>
        within(source, value),
  ],
  [
    '-d',
    (value) =>
      ({ destination }) =>
        within(destination, value),
  ],
  [
    '-i',
    (value) =>
      ({ incoming }) =>
        isInterface(incoming, value),
  ],
  [
    '-p',
    (value) =>
      ({ protocol }) =>
        value === protocol || value === 'all',
  ],
  [
    '--dport',
    (value) =>
      ({ port }) =>
        hasPort(port, value),
  ],
  [
    '--dports',
    (value) =>
      ({ port }) =>
        hasPort(port, value),
  ],
  ['--ctstate', (value) => (packet) => hasState(packet, value)],
  ['--state', (value) => (packet) => hasState(packet, value)],
  [
    '--ctdir',
    (value) =>
      ({ direction }) =>
        value.toLowerCase() === direction,
  ],
  [
    '--ctorigdst',
    (value) =>
      ({ openedTo }) =>
        within(openedTo, value),
  ],
]);
