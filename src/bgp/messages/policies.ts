import { parsePrefix } from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import type { Chain, DefinedSet, Policies, Statement } from '../gobgp.ts';
import { POLICY_NAMES } from '../policy.ts';
import { type ActionsMessage, decodeEdits, type EditNumbers, encodeEdits } from './edits.ts';

/** The numbers that one version of the API gives to what policies say. Each version has its own, mostly one apart. */
export interface PolicyNumbers extends EditNumbers {
  readonly sets: Readonly<Record<DefinedSet['kind'], number>>;
  readonly anyOfSet: number;
  readonly routeTypes: Readonly<Record<Statement['routeType'], number>>;
  readonly actions: Readonly<Record<Statement['action'], number>>;
  readonly directions: Readonly<Record<ChainName, number>>;
}

export type ChainName = 'exports' | 'imports';
export const CHAINS: readonly ChainName[] = ['exports', 'imports'];

/** The sets and both policies, which replace all that gobgpd has. They do nothing until they are assigned. @throws FairleadError */
export const encodePolicies = (policies: Policies, numbers: PolicyNumbers) => ({
  definedSets: policies.sets.map((set) => encodeSet(set, numbers)),
  policies: CHAINS.map((chain) => ({
    name: POLICY_NAMES[chain],
    statements: policies[chain].statements.map((statement, index) => ({
      name: `${POLICY_NAMES[chain]}-${index}`,
      conditions: encodeConditions(statement, numbers),
      actions: { routeAction: numbers.actions[statement.action], ...encodeEdits(statement.edits, numbers) },
    })),
  })),
});

/** What puts one policy to work for the whole gobgpd. Each direction needs its own. */
export const encodeAssignment = (chain: ChainName, { otherwise }: Chain, numbers: PolicyNumbers) => ({
  ...assignmentOf(chain, numbers),
  policies: [{ name: POLICY_NAMES[chain] }],
  defaultAction: numbers.actions[otherwise],
});

/** What asks for the assignment of one direction. */
export const assignmentOf = (chain: ChainName, numbers: PolicyNumbers) => ({
  name: 'global',
  direction: numbers.directions[chain],
});

const encodeSet = ({ kind, members, name }: DefinedSet, numbers: PolicyNumbers) => ({
  definedType: numbers.sets[kind],
  name,
  ...(kind === 'prefix' ? { prefixes: members.map(encodeMember) } : { list: members }),
});

function encodeMember(member: string): PrefixMessage {
  const [, text = '', least = '', most = ''] = /^(\S+) (\d+)\.\.(\d+)$/.exec(member) ?? [];
  if (parsePrefix(text) !== text || text === '') {
    throw new FairleadError(
      'gobgpd-failed',
      `SetPolicies: expected a prefix and lengths, got ${JSON.stringify(member)}`,
    );
  }
  return { ipPrefix: text, maskLengthMin: Number(least), maskLengthMax: Number(most) };
}

const encodeConditions = (statement: Statement, numbers: PolicyNumbers) => ({
  prefixSet: encodeMatch(statement.prefixes, numbers),
  neighborSet: encodeMatch(statement.neighbors, numbers),
  communitySet: encodeMatch(statement.communities, numbers),
  routeType: numbers.routeTypes[statement.routeType],
});

const encodeMatch = (match: string | undefined, { anyOfSet }: PolicyNumbers) =>
  match === undefined ? undefined : { type: anyOfSet, name: match.replace(/^in /, '') };

interface PrefixMessage {
  readonly ipPrefix: string;
  readonly maskLengthMin: number;
  readonly maskLengthMax: number;
}

export interface SetMessage {
  readonly definedType: number;
  readonly name: string;
  readonly list: readonly string[];
  readonly prefixes: readonly PrefixMessage[];
}

interface MatchMessage {
  readonly type: number;
  readonly name: string;
}

interface ConditionsMessage {
  readonly prefixSet?: MatchMessage;
  readonly neighborSet?: MatchMessage;
  readonly communitySet?: MatchMessage;
  readonly asPathSet?: MatchMessage;
  readonly extCommunitySet?: MatchMessage;
  readonly largeCommunitySet?: MatchMessage;
  readonly nextHopInList: readonly string[];
  readonly routeType: number;
}

interface StatementMessage {
  readonly conditions?: ConditionsMessage;
  readonly actions?: ActionsMessage;
}

export interface AssignmentMessage {
  readonly policies: readonly { readonly statements: readonly StatementMessage[] }[];
  readonly defaultAction: number;
}

/** What the assignments say, and of all sets those that they refer to. Missing parts decode as gobgpd treats them. */
export function decodePolicies(
  sets: readonly (SetMessage | undefined)[],
  assignments: Readonly<Record<ChainName, AssignmentMessage | undefined>>,
  numbers: PolicyNumbers,
): Policies {
  const [exports, imports] = [assignments.exports, assignments.imports].map((one) => decodeChain(one, numbers));
  const statements = CHAINS.flatMap((chain) => assignments[chain]?.policies ?? []).flatMap(
    (policy) => policy.statements,
  );
  const named = new Set(statements.flatMap(({ conditions }) => setNames(conditions)));
  return {
    sets: sets.flatMap((set) => decodeSet(set, numbers) ?? []).filter(({ name, kind }) => named.has(`${kind} ${name}`)),
    exports: exports ?? NOTHING,
    imports: imports ?? NOTHING,
  };
}

const NOTHING: Chain = { statements: [], otherwise: 'none' };

const setNames = (conditions: ConditionsMessage | undefined): string[] => [
  `prefix ${conditions?.prefixSet?.name ?? ''}`,
  `neighbor ${conditions?.neighborSet?.name ?? ''}`,
  `community ${conditions?.communitySet?.name ?? ''}`,
];

function decodeSet(set: SetMessage | undefined, { sets }: PolicyNumbers): DefinedSet | undefined {
  const kind = nameOf(sets, set?.definedType);
  if (set === undefined || kind === undefined) return undefined;
  return { kind, name: set.name, members: kind === 'prefix' ? set.prefixes.map(memberText) : [...set.list] };
}

function memberText({ ipPrefix, maskLengthMin, maskLengthMax }: PrefixMessage): string {
  return `${parsePrefix(ipPrefix) ?? ipPrefix} ${maskLengthMin}..${maskLengthMax}`;
}

const decodeChain = (assignment: AssignmentMessage | undefined, numbers: PolicyNumbers): Chain => ({
  statements:
    assignment?.policies.flatMap(({ statements }) => statements.map((one) => decodeStatement(one, numbers))) ?? [],
  otherwise: nameOf(numbers.actions, assignment?.defaultAction) ?? 'none',
});

function decodeStatement({ actions, conditions }: StatementMessage, numbers: PolicyNumbers): Statement {
  const edits = decodeEdits(actions, numbers);
  const unnamed = [
    ...unlessNamed('route type', numbers.routeTypes, conditions?.routeType),
    ...unlessNamed('action', numbers.actions, actions?.routeAction),
  ];
  return {
    prefixes: matchText(conditions?.prefixSet, numbers),
    neighbors: matchText(conditions?.neighborSet, numbers),
    communities: matchText(conditions?.communitySet, numbers),
    routeType: nameOf(numbers.routeTypes, conditions?.routeType) ?? 'any',
    edits: { ...edits, foreign: [...edits.foreign, ...foreignConditions(conditions), ...unnamed] },
    action: nameOf(numbers.actions, actions?.routeAction) ?? 'none',
  };
}

function matchText(match: MatchMessage | undefined, { anyOfSet }: PolicyNumbers): string | undefined {
  if (match === undefined || match.name === '') return undefined;
  return match.type === anyOfSet ? `in ${match.name}` : `match ${match.type} of ${match.name}`;
}

/** Conditions that no statement of ours has: with one of them it is another statement. */
function foreignConditions(conditions: ConditionsMessage | undefined): string[] {
  const { asPathSet, extCommunitySet, largeCommunitySet, nextHopInList = [] } = conditions ?? {};
  const others = [asPathSet, extCommunitySet, largeCommunitySet].flatMap((match) => match?.name || []);
  return [...others, ...nextHopInList].map((name) => `only for ${name}`);
}

/** A later gobgpd may have more of them. */
const unlessNamed = (what: string, names: Readonly<Record<string, number>>, value: number | undefined): string[] =>
  nameOf(names, value) === undefined ? [`${what} ${value}`] : [];

const nameOf = <Name extends string>(names: Readonly<Record<Name, number>>, value = 0): Name | undefined =>
  (Object.keys(names) as Name[]).find((name) => names[name] === value);
