import { type Address, FAMILIES, type Family, familyOf, type Prefix } from '../../model/address.ts';
import type { GrpcConnection, Method } from '../client.ts';
import {
  GoBgpService as V4,
  type Init,
  type ListPathRequest,
  type ListPathResponse,
  ResetPeerRequest_Direction,
  TableType,
  WatchEventRequest_Table_Filter_Type,
} from '../gen/gobgp-v4.ts';
import type { AcceptedPath, Global, GobgpApi, HeldPath, HeldPeer, LocalPath, Neighbor, Policies } from '../gobgp.ts';
import { CALL_DEADLINE, SHORT_DEADLINE } from '../messages/deadlines.ts';
import { decodeGlobal, encodeGlobal } from '../messages/global.ts';
import { UNICAST } from '../messages/peer-settings.ts';
import {
  assignmentOf,
  CHAINS,
  type ChainName,
  decodePolicies,
  encodeAssignment,
  encodePolicies,
} from '../messages/policies.ts';
import { decodeAccepted, decodeDestination, decodeLocalPath, decodePeer } from './decode.ts';
import { encodePath, encodePeer, encodeWithdrawal } from './encode.ts';
import { NUMBERS } from './policies.ts';

/** GoBGP's v4 API, as gobgpd 4.x serves it. */
export class GobgpV4 implements GobgpApi {
  readonly version = 'v4';
  readonly #connection: GrpcConnection;

  constructor(connection: GrpcConnection) {
    this.#connection = connection;
  }

  async global(): Promise<Global | undefined> {
    return decodeGlobal((await this.#call(V4.GetBgp, {}, SHORT_DEADLINE)).global);
  }

  async policies(): Promise<Policies> {
    const kinds = Object.values(NUMBERS.sets);
    const answers = await Promise.all(kinds.map((definedType) => this.#list(V4.ListDefinedSet, { definedType })));
    const sets = answers.flat().map(({ definedSet }) => definedSet);
    const [exports, imports] = await Promise.all(CHAINS.map((chain) => this.#assignment(chain)));
    return decodePolicies(sets, { exports, imports }, NUMBERS);
  }

  async paths(): Promise<HeldPath[]> {
    const answers = await this.#listPaths({ tableType: TableType.TABLE_TYPE_GLOBAL }, FAMILIES);
    return answers.flatMap(({ destination }) => decodeLocalPath(destination) ?? []);
  }

  async acceptedPaths(): Promise<AcceptedPath[]> {
    const answers = await this.#listPaths({ tableType: TableType.TABLE_TYPE_GLOBAL }, FAMILIES);
    return answers.flatMap(({ destination }) => decodeAccepted(destination));
  }

  async peers(): Promise<HeldPeer[]> {
    const answers = await this.#list(V4.ListPeer, {});
    return answers.flatMap(({ peer }) => decodePeer(peer) ?? []);
  }

  async advertisedTo(peer: Address, families: readonly Family[]): Promise<Prefix[]> {
    const answers = await this.#listPaths({ tableType: TableType.TABLE_TYPE_ADJ_OUT, name: peer }, families);
    return answers.flatMap(({ destination }) => decodeDestination(destination) ?? []);
  }

  async startBgp(global: Global): Promise<void> {
    await this.#call(V4.StartBgp, { global: encodeGlobal(global) });
  }

  async setPolicies(policies: Policies): Promise<void> {
    await this.#call(V4.SetPolicies, encodePolicies(policies, NUMBERS));
    // SetPolicies takes assignments as well, and ignores them.
    const assignments = CHAINS.map((chain) => encodeAssignment(chain, policies[chain], NUMBERS));
    await Promise.all(assignments.map((assignment) => this.#call(V4.SetPolicyAssignment, { assignment })));
  }

  async refreshPeers(): Promise<void> {
    const direction = ResetPeerRequest_Direction.DIRECTION_BOTH;
    await this.#call(V4.ResetPeer, { address: 'all', soft: true, direction });
  }

  async addPath(path: LocalPath): Promise<void> {
    await this.#call(V4.AddPath, { tableType: TableType.TABLE_TYPE_GLOBAL, path: encodePath(path) }, SHORT_DEADLINE);
  }

  async deletePath(prefix: Prefix): Promise<void> {
    const request = { family: UNICAST[familyOf(prefix)], path: encodeWithdrawal(prefix) };
    await this.#call(V4.DeletePath, { tableType: TableType.TABLE_TYPE_GLOBAL, ...request }, SHORT_DEADLINE);
  }

  async addPeer(peer: Neighbor): Promise<void> {
    await this.#call(V4.AddPeer, { peer: encodePeer(peer) });
  }

  async updatePeer(peer: Neighbor): Promise<void> {
    await this.#call(V4.UpdatePeer, { peer: encodePeer(peer) });
  }

  async deletePeer(address: string): Promise<void> {
    await this.#call(V4.DeletePeer, { address });
  }

  watch(onEvent: () => void, onEnd: (error: Error) => void): void {
    const filters = [{ type: WatchEventRequest_Table_Filter_Type.TYPE_BEST, init: true }];
    this.#connection.watch(V4.WatchEvent, { peer: {}, table: { filters } }, onEvent, onEnd);
  }

  close(): void {
    this.#connection.close();
  }

  async #assignment(chain: ChainName) {
    const [answer] = await this.#list(V4.ListPolicyAssignment, assignmentOf(chain, NUMBERS));
    return answer?.assignment;
  }

  async #listPaths(request: Init<ListPathRequest>, families: readonly Family[]): Promise<ListPathResponse[]> {
    const asked = families.map((family) => this.#list(V4.ListPath, { ...request, family: UNICAST[family] }));
    return (await Promise.all(asked)).flat();
  }

  #call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadlineMs = CALL_DEADLINE,
  ): Promise<Response> {
    return this.#connection.call(method, request, deadlineMs);
  }

  #list<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response[]> {
    return this.#connection.list(method, request, CALL_DEADLINE);
  }
}
