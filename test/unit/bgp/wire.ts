import * as gen3 from '../../../src/bgp/gen/gobgp-v3.ts';
import * as gen4 from '../../../src/bgp/gen/gobgp-v4.ts';
import type {
  AcceptedPath,
  ApiVersion,
  HeldPath,
  HeldPeer,
  LocalPath,
  Neighbor,
  Policies,
} from '../../../src/bgp/gobgp.ts';
import {
  CHAINS,
  decodePolicies,
  encodeAssignment,
  encodePolicies,
  type PolicyNumbers,
} from '../../../src/bgp/messages/policies.ts';
import * as decode3 from '../../../src/bgp/v3/decode.ts';
import * as encode3 from '../../../src/bgp/v3/encode.ts';
import { NUMBERS as NUMBERS3 } from '../../../src/bgp/v3/policies.ts';
import * as decode4 from '../../../src/bgp/v4/decode.ts';
import * as encode4 from '../../../src/bgp/v4/encode.ts';
import { NUMBERS as NUMBERS4 } from '../../../src/bgp/v4/policies.ts';
import type { Prefix } from '../../../src/model/address.ts';

/** One version of the API: what is encoded goes over the wire and is decoded, with no gobgpd between. */
export interface Wire {
  /** The bytes of an answer to ListPath. */
  listed(path: LocalPath, neighborIp: string): Uint8Array;
  /** Reads such bytes, and then what they say of our own path and of those of peers. Throws for bytes that are no message. */
  open(bytes: Uint8Array): () => { own: HeldPath | undefined; accepted: AcceptedPath[]; prefix: Prefix | undefined };
  peerBytes(peer: Neighbor): Uint8Array;
  openPeer(bytes: Uint8Array): () => HeldPeer | undefined;
  /** The path that a DeletePath names. */
  withdrawn(prefix: Prefix): { isWithdraw: boolean; hasNlri: boolean };
  policies(policies: Policies): Policies;
}

/** Both versions lay policies out alike, with numbers of their own. */
const policiesOver =
  ({ PolicyAssignment, SetPoliciesRequest }: typeof gen3 | typeof gen4, numbers: PolicyNumbers) =>
  (policies: Policies): Policies => {
    const sent = gen3.fromBytes(
      SetPoliciesRequest,
      gen3.toBytes(SetPoliciesRequest, encodePolicies(policies, numbers)),
    );
    const [exports, imports] = CHAINS.map((chain) => {
      const bytes = gen3.toBytes(PolicyAssignment, encodeAssignment(chain, policies[chain], numbers));
      const assignment = gen3.fromBytes(PolicyAssignment, bytes);
      const named = assignment.policies.flatMap(({ name }) => sent.policies.filter((policy) => policy.name === name));
      return { ...assignment, policies: named };
    });
    return decodePolicies(sent.definedSets, { exports, imports }, numbers);
  };

export const WIRES: Readonly<Record<ApiVersion, Wire>> = {
  v3: {
    listed: (path, neighborIp) => {
      const destination = { prefix: path.prefix, paths: [{ ...encode3.encodePath(path), neighborIp }] };
      return gen3.toBytes(gen3.ListPathResponse, { destination });
    },
    open: (bytes) => {
      const { destination } = gen3.fromBytes(gen3.ListPathResponse, bytes);
      return () => ({
        own: decode3.decodeLocalPath(destination),
        accepted: decode3.decodeAccepted(destination),
        prefix: decode3.decodeDestination(destination),
      });
    },
    peerBytes: (peer) => gen3.toBytes(gen3.Peer, encode3.encodePeer(peer)),
    openPeer: (bytes) => {
      const message = gen3.fromBytes(gen3.Peer, bytes);
      return () => decode3.decodePeer(message);
    },
    withdrawn: (prefix) => {
      const bytes = gen3.toBytes(gen3.DeletePathRequest, { path: encode3.encodeWithdrawal(prefix) });
      const { path } = gen3.fromBytes(gen3.DeletePathRequest, bytes);
      return { isWithdraw: path?.isWithdraw ?? false, hasNlri: (path?.nlri?.value.length ?? 0) > 0 };
    },
    policies: policiesOver(gen3, NUMBERS3),
  },
  v4: {
    listed: (path, neighborIp) => {
      const destination = { prefix: path.prefix, paths: [{ ...encode4.encodePath(path), neighborIp }] };
      return gen4.toBytes(gen4.ListPathResponse, { destination });
    },
    open: (bytes) => {
      const { destination } = gen4.fromBytes(gen4.ListPathResponse, bytes);
      return () => ({
        own: decode4.decodeLocalPath(destination),
        accepted: decode4.decodeAccepted(destination),
        prefix: decode4.decodeDestination(destination),
      });
    },
    peerBytes: (peer) => gen4.toBytes(gen4.Peer, encode4.encodePeer(peer)),
    openPeer: (bytes) => {
      const message = gen4.fromBytes(gen4.Peer, bytes);
      return () => decode4.decodePeer(message);
    },
    withdrawn: (prefix) => {
      const bytes = gen4.toBytes(gen4.DeletePathRequest, { path: encode4.encodeWithdrawal(prefix) });
      const { path } = gen4.fromBytes(gen4.DeletePathRequest, bytes);
      return { isWithdraw: path?.isWithdraw ?? false, hasNlri: path?.nlri?.prefix !== undefined };
    },
    policies: policiesOver(gen4, NUMBERS4),
  },
};
