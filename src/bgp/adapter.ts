import { type Address, FAMILIES, type Family, familyOf, type Prefix } from '../model/address.ts';
import type { GrpcConnection, Method } from './client.ts';
import type {
  AcceptedPath,
  ApiVersion,
  Global,
  GobgpApi,
  HeldPath,
  HeldPeer,
  LocalPath,
  Neighbor,
  Policies,
} from './gobgp.ts';
import { CALL_DEADLINE, SHORT_DEADLINE } from './messages/deadlines.ts';
import { decodeGlobal, encodeGlobal, type GlobalMessage } from './messages/global.ts';
import { UNICAST } from './messages/peer-settings.ts';
import {
  assignmentOf,
  type AssignmentMessage,
  CHAINS,
  type ChainName,
  decodePolicies,
  encodeAssignment,
  encodePolicies,
  type PolicyNumbers,
  type SetMessage,
} from './messages/policies.ts';

/** The messages that differ between the versions of the API in more than numbers. */
export interface Shapes {
  readonly path: object;
  readonly peer: object;
  readonly heldPeer: object;
  readonly destination: object;
}

interface InFamily {
  readonly family: { readonly afi: number; readonly safi: number };
}

interface PathsOf {
  readonly tableType: number;
  readonly name: string;
}

/** The calls by their names in GoBGP, which are the same in every version. */
interface Calls<S extends Shapes> {
  readonly GetBgp: Method<object, { readonly global?: GlobalMessage }>;
  readonly StartBgp: Method<{ readonly global: GlobalMessage }, unknown>;
  readonly ListDefinedSet: Method<{ readonly definedType: number }, { readonly definedSet?: SetMessage }>;
  readonly ListPolicyAssignment: Method<ReturnType<typeof assignmentOf>, { readonly assignment?: AssignmentMessage }>;
  readonly SetPolicies: Method<ReturnType<typeof encodePolicies>, unknown>;
  readonly SetPolicyAssignment: Method<{ readonly assignment: ReturnType<typeof encodeAssignment> }, unknown>;
  readonly ResetPeer: Method<{ readonly address: string; readonly soft: boolean; readonly direction: number }, unknown>;
  readonly ListPath: Method<PathsOf & InFamily, { readonly destination?: S['destination'] }>;
  readonly AddPath: Method<{ readonly tableType: number; readonly path: S['path'] }, unknown>;
  readonly DeletePath: Method<InFamily & { readonly tableType: number; readonly path: S['path'] }, unknown>;
  readonly ListPeer: Method<object, { readonly peer?: S['heldPeer'] }>;
  readonly AddPeer: Method<{ readonly peer: S['peer'] }, unknown>;
  readonly UpdatePeer: Method<{ readonly peer: S['peer'] }, unknown>;
  readonly DeletePeer: Method<{ readonly address: string }, unknown>;
  readonly WatchEvent: Method<
    {
      readonly peer: object;
      readonly table: { readonly filters: readonly { readonly type: number; readonly init: boolean }[] };
    },
    unknown
  >;
}

/** How one version of the API says what we say. */
export interface Dialect<S extends Shapes> {
  readonly version: ApiVersion;
  readonly calls: Calls<S>;
  readonly policies: PolicyNumbers;
  readonly tables: { readonly global: number; readonly adjacentOut: number };
  /** Of a soft reset: both ways. */
  readonly bothWays: number;
  /** Of events: best paths. */
  readonly bestPaths: number;
  readonly encodePath: (path: LocalPath) => S['path'];
  readonly encodeWithdrawal: (prefix: Prefix) => S['path'];
  readonly encodePeer: (peer: Neighbor) => S['peer'];
  readonly decodePeer: (message: S['heldPeer'] | undefined) => HeldPeer | undefined;
  readonly decodeDestination: (message: S['destination'] | undefined) => Prefix | undefined;
  readonly decodeLocalPath: (message: S['destination'] | undefined) => HeldPath | undefined;
  readonly decodeAccepted: (message: S['destination'] | undefined) => AcceptedPath[];
}

/** GoBGP's API in one of its versions. */
export class Adapter<S extends Shapes> implements GobgpApi {
  readonly version: ApiVersion;
  readonly #connection: GrpcConnection;
  readonly #dialect: Dialect<S>;

  constructor(connection: GrpcConnection, dialect: Dialect<S>) {
    this.version = dialect.version;
    this.#connection = connection;
    this.#dialect = dialect;
  }

  async global(): Promise<Global | undefined> {
    return decodeGlobal((await this.#call(this.#calls.GetBgp, {}, SHORT_DEADLINE)).global);
  }

  async policies(): Promise<Policies> {
    const numbers = this.#dialect.policies;
    const kinds = Object.values(numbers.sets);
    const answers = await Promise.all(
      kinds.map((definedType) => this.#list(this.#calls.ListDefinedSet, { definedType })),
    );
    const sets = answers.flat().map(({ definedSet }) => definedSet);
    const [exports, imports] = await Promise.all(CHAINS.map((chain) => this.#assignment(chain)));
    return decodePolicies(sets, { exports, imports }, numbers);
  }

  async paths(): Promise<HeldPath[]> {
    return (await this.#table()).flatMap((destination) => this.#dialect.decodeLocalPath(destination) ?? []);
  }

  async acceptedPaths(): Promise<AcceptedPath[]> {
    return (await this.#table()).flatMap((destination) => this.#dialect.decodeAccepted(destination));
  }

  async peers(): Promise<HeldPeer[]> {
    const answers = await this.#list(this.#calls.ListPeer, {});
    return answers.flatMap(({ peer }) => this.#dialect.decodePeer(peer) ?? []);
  }

  async advertisedTo(peer: Address, families: readonly Family[]): Promise<Prefix[]> {
    const { decodeDestination, tables } = this.#dialect;
    const destinations = await this.#listPaths({ tableType: tables.adjacentOut, name: peer }, families);
    return destinations.flatMap((destination) => decodeDestination(destination) ?? []);
  }

  async startBgp(global: Global): Promise<void> {
    await this.#call(this.#calls.StartBgp, { global: encodeGlobal(global) });
  }

  async setPolicies(policies: Policies): Promise<void> {
    const numbers = this.#dialect.policies;
    await this.#call(this.#calls.SetPolicies, encodePolicies(policies, numbers));
    // SetPolicies takes assignments as well, and ignores them.
    const assignments = CHAINS.map((chain) => encodeAssignment(chain, policies[chain], numbers));
    await Promise.all(assignments.map((assignment) => this.#call(this.#calls.SetPolicyAssignment, { assignment })));
  }

  async refreshPeers(): Promise<void> {
    await this.#call(this.#calls.ResetPeer, { address: 'all', soft: true, direction: this.#dialect.bothWays });
  }

  async addPath(path: LocalPath): Promise<void> {
    const { encodePath, tables } = this.#dialect;
    await this.#call(this.#calls.AddPath, { tableType: tables.global, path: encodePath(path) }, SHORT_DEADLINE);
  }

  async deletePath(prefix: Prefix): Promise<void> {
    const { encodeWithdrawal, tables } = this.#dialect;
    const request = { family: UNICAST[familyOf(prefix)], path: encodeWithdrawal(prefix) };
    await this.#call(this.#calls.DeletePath, { tableType: tables.global, ...request }, SHORT_DEADLINE);
  }

  async addPeer(peer: Neighbor): Promise<void> {
    await this.#call(this.#calls.AddPeer, { peer: this.#dialect.encodePeer(peer) });
  }

  async updatePeer(peer: Neighbor): Promise<void> {
    await this.#call(this.#calls.UpdatePeer, { peer: this.#dialect.encodePeer(peer) });
  }

  async deletePeer(address: string): Promise<void> {
    await this.#call(this.#calls.DeletePeer, { address });
  }

  watch(onEvent: () => void, onEnd: (error: Error) => void): void {
    const filters = [{ type: this.#dialect.bestPaths, init: true }];
    this.#connection.watch(this.#calls.WatchEvent, { peer: {}, table: { filters } }, onEvent, onEnd);
  }

  close(): void {
    this.#connection.close();
  }

  async #assignment(chain: ChainName): Promise<AssignmentMessage | undefined> {
    const [answer] = await this.#list(this.#calls.ListPolicyAssignment, assignmentOf(chain, this.#dialect.policies));
    return answer?.assignment;
  }

  #table(): Promise<(S['destination'] | undefined)[]> {
    return this.#listPaths({ tableType: this.#dialect.tables.global, name: '' }, FAMILIES);
  }

  async #listPaths(of: PathsOf, families: readonly Family[]): Promise<(S['destination'] | undefined)[]> {
    const asked = families.map((family) => this.#list(this.#calls.ListPath, { ...of, family: UNICAST[family] }));
    return (await Promise.all(asked)).flat().map(({ destination }) => destination);
  }

  get #calls(): Calls<S> {
    return this.#dialect.calls;
  }

  #call<Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
    deadlineMs = CALL_DEADLINE,
  ): Promise<Answer> {
    return this.#connection.call(method, request, deadlineMs);
  }

  #list<Request, Answer>(method: Method<Request, Answer>, request: Request): Promise<Answer[]> {
    return this.#connection.list(method, request, CALL_DEADLINE);
  }
}
