import { FAMILIES, type Family, familyOf, type Prefix } from '../model/address.ts';
import type { Chain, Policies, Statement } from './gobgp.ts';

/** The names of the prefix sets with the ranges: a set of gobgpd holds one family. */
export const RANGES_SETS: Readonly<Record<Family, string>> = {
  ipv4: 'fairlead-ranges',
  ipv6: 'fairlead-ranges-ipv6',
};
/** The names of the policies that stand for the two chains. */
export const POLICY_NAMES = { exports: 'fairlead-export', imports: 'fairlead-import' } as const;

const LOCAL: Statement = { prefixes: undefined, neighbors: undefined, routeType: 'local', action: 'accept' };

/**
 * The policies that let nothing out but our own paths for exactly the ranges, and nothing of a peer in (RFC 8212 asks for
 * both to be explicit). The import chain accepts local paths since gobgpd sends what its API is given through it as well.
 */
export function wantedPolicies(ranges: readonly Prefix[]): Policies {
  const families = FAMILIES.filter((family) => ranges.some((range) => familyOf(range) === family));
  const statements = families.map((family) => ({ ...LOCAL, prefixes: `in ${RANGES_SETS[family]}` }));
  return {
    ranges: [...new Set(ranges)].toSorted(),
    exports: { statements, otherwise: 'reject' },
    imports: { statements: [LOCAL], otherwise: 'reject' },
  };
}

/** Whether two policies decide alike; the order of the ranges does not matter. */
export const samePolicies = (a: Policies, b: Policies): boolean =>
  a.ranges.toSorted().join() === b.ranges.toSorted().join() &&
  sameChain(a.exports, b.exports) &&
  sameChain(a.imports, b.imports);

const sameChain = (a: Chain, b: Chain): boolean =>
  a.otherwise === b.otherwise &&
  a.statements.length === b.statements.length &&
  a.statements.every((statement, index) => sameStatement(statement, b.statements[index]));

const sameStatement = (a: Statement, b: Statement | undefined): boolean =>
  a.prefixes === b?.prefixes && a.neighbors === b?.neighbors && a.routeType === b?.routeType && a.action === b?.action;

/** No policy at all, as a gobgpd has it before the first one: everything goes out and in. */
export const NO_POLICIES: Policies = {
  ranges: [],
  exports: { statements: [], otherwise: 'accept' },
  imports: { statements: [], otherwise: 'accept' },
};
