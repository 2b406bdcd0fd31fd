import { FAMILIES, familyOf, parsePrefix, prefixAddress, prefixLength } from '../../model/address.ts';
import {
  Conditions_RouteType,
  type DefinedSet,
  DefinedType,
  type Init,
  type MatchSet,
  MatchSet_Type,
  type Policy,
  type PolicyAssignment,
  PolicyDirection,
  type Prefix as PrefixMessage,
  RouteAction,
  type SetPoliciesRequest,
  type Statement as StatementMessage,
} from '../gen/gobgp-v3.ts';
import type { Chain, Policies, Statement } from '../gobgp.ts';
import { POLICY_NAMES, RANGES_SETS } from '../policy.ts';

const { NONE, ACCEPT, REJECT } = RouteAction;
const { ROUTE_TYPE_NONE, ROUTE_TYPE_INTERNAL, ROUTE_TYPE_EXTERNAL, ROUTE_TYPE_LOCAL } = Conditions_RouteType;
const ACTIONS = { none: NONE, accept: ACCEPT, reject: REJECT } as const;
const ROUTE_TYPES = {
  any: ROUTE_TYPE_NONE,
  internal: ROUTE_TYPE_INTERNAL,
  external: ROUTE_TYPE_EXTERNAL,
  local: ROUTE_TYPE_LOCAL,
} as const;
const DIRECTIONS = { exports: PolicyDirection.EXPORT, imports: PolicyDirection.IMPORT } as const;

export type ChainName = keyof typeof DIRECTIONS;
export const CHAINS: readonly ChainName[] = ['exports', 'imports'];

/** The prefix sets and both policies, which replace all that gobgpd has. They do nothing until they are assigned. */
export const encodePolicies = (policies: Policies): Init<SetPoliciesRequest> => ({
  definedSets: FAMILIES.flatMap((family) => {
    const ranges = policies.ranges.filter((range) => familyOf(range) === family);
    return ranges.length === 0 ? [] : [encodeRanges(RANGES_SETS[family], ranges)];
  }),
  policies: CHAINS.map((chain) => encodePolicy(chain, policies[chain])),
});

/** What puts one policy to work for the whole gobgpd. Each direction needs its own. */
export const encodeAssignment = (chain: ChainName, { otherwise }: Chain): Init<PolicyAssignment> => ({
  ...assignmentOf(chain),
  policies: [{ name: POLICY_NAMES[chain] }],
  defaultAction: ACTIONS[otherwise],
});

/** What asks for the assignment of one direction. */
export const assignmentOf = (chain: ChainName) => ({ name: 'global', direction: DIRECTIONS[chain] });

const encodeRanges = (name: string, ranges: readonly string[]): Init<DefinedSet> => ({
  definedType: DefinedType.PREFIX,
  name,
  prefixes: ranges.map((ipPrefix) => ({
    ipPrefix,
    maskLengthMin: prefixLength(ipPrefix),
    maskLengthMax: prefixLength(ipPrefix),
  })),
});

const encodePolicy = (chain: ChainName, { statements }: Chain): Init<Policy> => ({
  name: POLICY_NAMES[chain],
  statements: statements.map((statement, index) => ({
    name: `${POLICY_NAMES[chain]}-${index}`,
    conditions: encodeConditions(statement),
    actions: { routeAction: ACTIONS[statement.action] },
  })),
});

const encodeConditions = ({ prefixes, routeType }: Statement): Init<StatementMessage>['conditions'] => ({
  ...(prefixes === undefined ? {} : { prefixSet: { type: MatchSet_Type.ANY, name: prefixes.replace(/^in /, '') } }),
  routeType: ROUTE_TYPES[routeType],
});

/** The ranges of our prefix sets among all sets, and what the assignments name. Missing parts decode as gobgpd treats them. */
export const decodePolicies = (
  sets: readonly (DefinedSet | undefined)[],
  assignments: Record<ChainName, PolicyAssignment | undefined>,
): Policies => ({
  ranges: FAMILIES.flatMap((family) => sets.find((set) => set?.name === RANGES_SETS[family])?.prefixes ?? []).map(
    rangeText,
  ),
  exports: decodeChain(assignments.exports),
  imports: decodeChain(assignments.imports),
});

function rangeText({ ipPrefix, maskLengthMin, maskLengthMax }: PrefixMessage): string {
  const prefix = parsePrefix(ipPrefix);
  const length = prefix === undefined ? -1 : prefixLength(prefix);
  return prefix !== undefined && maskLengthMin === length && maskLengthMax === length
    ? `${prefixAddress(prefix)}/${length}`
    : `${ipPrefix} ${maskLengthMin}..${maskLengthMax}`;
}

const decodeChain = (assignment: PolicyAssignment | undefined): Chain => ({
  statements: assignment?.policies.flatMap(({ statements }) => statements.map(decodeStatement)) ?? [],
  otherwise: nameOf(ACTIONS, assignment?.defaultAction) ?? 'none',
});

const decodeStatement = ({ conditions, actions }: StatementMessage): Statement => ({
  prefixes: matchText(conditions?.prefixSet),
  neighbors: matchText(conditions?.neighborSet),
  routeType: nameOf(ROUTE_TYPES, conditions?.routeType) ?? 'any',
  action: nameOf(ACTIONS, actions?.routeAction) ?? 'none',
});

function matchText(match: MatchSet | undefined): string | undefined {
  if (match === undefined || match.name === '') return undefined;
  return match.type === MatchSet_Type.ANY ? `in ${match.name}` : `match ${match.type} of ${match.name}`;
}

const nameOf = <Name extends string>(names: Readonly<Record<Name, number>>, value = 0): Name | undefined =>
  (Object.keys(names) as Name[]).find((name) => names[name] === value);
