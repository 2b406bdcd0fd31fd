import { FairleadError } from '../../model/error.ts';
import type { Edits } from '../gobgp.ts';

/** The numbers of one version of the API for what a statement does to a path. */
export interface EditNumbers {
  readonly addCommunities: number;
  readonly addMed: number;
}

interface CommunityActionMessage {
  readonly type: number;
  readonly communities: readonly string[];
}

/** What both versions of the API say of what a statement does. */
export interface ActionsMessage {
  readonly routeAction: number;
  readonly community?: CommunityActionMessage;
  readonly largeCommunity?: CommunityActionMessage;
  readonly extCommunity?: CommunityActionMessage;
  readonly med?: { readonly type: number; readonly value: number };
  readonly asPrepend?: { readonly asn: number; readonly repeat: number; readonly useLeftMost: boolean };
  readonly localPref?: { readonly value: number };
  readonly nexthop?: { readonly address: string; readonly self: boolean; readonly unchanged: boolean };
}

/** Each edit that there is. @throws FairleadError for a LOCAL_PREF or a MED of 0, which gobgpd takes for another edit */
export const encodeEdits = (edits: Edits, numbers: EditNumbers) => ({
  community: encodeAdded(edits.communities, numbers),
  largeCommunity: encodeAdded(edits.largeCommunities, numbers),
  med: edits.addMed === undefined ? undefined : { type: numbers.addMed, value: positive(edits.addMed, 'MED') },
  localPref: edits.localPref === undefined ? undefined : { value: positive(edits.localPref, 'LOCAL_PREF') },
  asPrepend: edits.prepend && { asn: edits.prepend.as, repeat: edits.prepend.times },
});

/** gobgpd 3.10 to 4.8 take a LOCAL_PREF of 0 for none to set, and 0 that is added to a MED for a MED to be set to 0. */
function positive(value: number, name: string): number {
  if (value > 0) return value;
  throw new FairleadError(
    'gobgpd-failed',
    `SetPolicies: expected a ${name} of 1 or more to edit a path with, got ${value}`,
  );
}

const encodeAdded = (communities: readonly string[], numbers: EditNumbers) =>
  communities.length === 0 ? undefined : { type: numbers.addCommunities, communities };

export function decodeEdits(actions: ActionsMessage | undefined, numbers: EditNumbers): Edits {
  const { asPrepend, community, largeCommunity, localPref, med } = actions ?? {};
  const adds = (action: CommunityActionMessage | undefined) => action?.type === numbers.addCommunities;
  return {
    communities: adds(community) ? (community?.communities ?? []) : [],
    largeCommunities: adds(largeCommunity) ? (largeCommunity?.communities ?? []) : [],
    addMed: med?.type === numbers.addMed ? med.value : undefined,
    localPref: localPref?.value,
    prepend: asPrepend && !asPrepend.useLeftMost ? { as: asPrepend.asn, times: asPrepend.repeat } : undefined,
    foreign: foreignParts(actions, numbers),
  };
}

const other = (name: string, action: { readonly type: number } | undefined, ours: number | undefined): string[] =>
  action === undefined || action.type === ours ? [] : [`${name} action ${action.type}`];

function foreignParts(actions: ActionsMessage | undefined, { addCommunities, addMed }: EditNumbers): string[] {
  const { asPrepend, community, extCommunity, largeCommunity, med, nexthop } = actions ?? {};
  return [
    ...other('community', community, addCommunities),
    ...other('large community', largeCommunity, addCommunities),
    ...other('extended community', extCommunity, undefined),
    ...other('MED', med, addMed),
    ...(asPrepend?.useLeftMost ? ['prepend of the leftmost AS'] : []),
    ...(nexthop === undefined ? [] : [`next hop ${nexthop.address}`]),
  ];
}
