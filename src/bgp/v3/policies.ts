import {
  CommunityAction_Type,
  Conditions_RouteType,
  DefinedType,
  MatchSet_Type,
  MedAction_Type,
  PolicyDirection,
  RouteAction,
} from '../gen/gobgp-v3.ts';
import type { PolicyNumbers } from '../messages/policies.ts';

/** What the v3 API calls what policies say. */
export const NUMBERS = {
  sets: { prefix: DefinedType.PREFIX, neighbor: DefinedType.NEIGHBOR, community: DefinedType.COMMUNITY },
  anyOfSet: MatchSet_Type.ANY,
  routeTypes: {
    any: Conditions_RouteType.ROUTE_TYPE_NONE,
    internal: Conditions_RouteType.ROUTE_TYPE_INTERNAL,
    external: Conditions_RouteType.ROUTE_TYPE_EXTERNAL,
    local: Conditions_RouteType.ROUTE_TYPE_LOCAL,
  },
  actions: { none: RouteAction.NONE, accept: RouteAction.ACCEPT, reject: RouteAction.REJECT },
  directions: { exports: PolicyDirection.EXPORT, imports: PolicyDirection.IMPORT },
  addCommunities: CommunityAction_Type.ADD,
  addMed: MedAction_Type.MOD,
} as const satisfies PolicyNumbers;
