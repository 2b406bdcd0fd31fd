import {
  CommunityAction_Type,
  Conditions_RouteType,
  DefinedType,
  MatchSet_Type,
  MedAction_Type,
  PolicyDirection,
  RouteAction,
} from '../gen/gobgp-v4.ts';
import type { PolicyNumbers } from '../messages/policies.ts';

/** What the v4 API calls what policies say. */
export const NUMBERS = {
  sets: {
    prefix: DefinedType.DEFINED_TYPE_PREFIX,
    neighbor: DefinedType.DEFINED_TYPE_NEIGHBOR,
    community: DefinedType.DEFINED_TYPE_COMMUNITY,
  },
  anyOfSet: MatchSet_Type.TYPE_ANY,
  routeTypes: {
    any: Conditions_RouteType.ROUTE_TYPE_UNSPECIFIED,
    internal: Conditions_RouteType.ROUTE_TYPE_INTERNAL,
    external: Conditions_RouteType.ROUTE_TYPE_EXTERNAL,
    local: Conditions_RouteType.ROUTE_TYPE_LOCAL,
  },
  actions: {
    none: RouteAction.ROUTE_ACTION_UNSPECIFIED,
    accept: RouteAction.ROUTE_ACTION_ACCEPT,
    reject: RouteAction.ROUTE_ACTION_REJECT,
  },
  directions: { exports: PolicyDirection.POLICY_DIRECTION_EXPORT, imports: PolicyDirection.POLICY_DIRECTION_IMPORT },
  addCommunities: CommunityAction_Type.TYPE_ADD,
  addMed: MedAction_Type.TYPE_MOD,
} as const satisfies PolicyNumbers;
