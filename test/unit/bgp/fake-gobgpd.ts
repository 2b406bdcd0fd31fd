import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import {
  type AddPathRequest,
  type AddPeerRequest,
  type DefinedSet,
  type DeletePathRequest,
  type DeletePeerRequest,
  type Global,
  GobgpApi as V3,
  type ListPathRequest,
  type ListPolicyAssignmentRequest,
  type Path,
  type Peer,
  type Policy,
  type PolicyAssignment,
  type SetPoliciesRequest,
  type SetPolicyAssignmentRequest,
  type StartBgpRequest,
} from '../../../src/bgp/gen/gobgp-v3.ts';

type Call = keyof typeof V3;
type Fault = 'hang' | 'swallow' | { readonly refuse: string } | { readonly after: () => Promise<void> };

/** What an answer is made from: an error text, or messages (one for a call that is not streamed). */
type Answer = string | readonly object[];

/**
 * A gobgpd for bad luck that the real one does not give: it holds peers, paths and policies, refuses as gobgpd 3.10 does,
 * and for each call can be told to refuse, to hang, to wait, or to say OK and do nothing.
 */
export class FakeGobgpd {
  readonly calls: Call[] = [];
  readonly faults = new Map<Call, Fault>();
  readonly target: string;
  readonly #folder: string;
  readonly #server = new Server();
  readonly #streams = new Set<ServerWritableStream<unknown, unknown>>();
  #global: Global = { asn: 0, routerId: '', listenPort: 0, listenAddresses: [] };
  #peers = new Map<string, Peer>();
  #paths = new Map<string, Path>();
  #sets: DefinedSet[] = [];
  #policies: Policy[] = [];
  #assignments = new Map<number, PolicyAssignment>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.target = `unix://${join(folder, 'api.sock')}`;
  }

  /** @param serves `nothing` for a gobgpd that knows none of our calls */
  static async start(serves: 'v3' | 'nothing' = 'v3'): Promise<FakeGobgpd> {
    const fake = new FakeGobgpd(await mkdtemp(join(tmpdir(), 'fairlead-fake-gobgpd-')));
    if (serves === 'v3') fake.#server.addService(V3, fake.#implementation());
    await new Promise<void>((resolve, reject) => {
      fake.#server.bindAsync(fake.target, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Ends every event stream, as a gobgpd does that is about to go. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** How often a call came in. */
  count(name: Call): number {
    return this.calls.filter((call) => call === name).length;
  }

  #implementation(): UntypedServiceImplementation {
    return {
      GetBgp: this.#unary('GetBgp', () => [{ global: this.#global }]),
      StartBgp: this.#unary('StartBgp', ({ global }: StartBgpRequest) => {
        this.#global = global ?? this.#global;
        return [{}];
      }),
      AddPeer: this.#unary('AddPeer', ({ peer }: AddPeerRequest) => this.#addPeer(peer)),
      DeletePeer: this.#unary('DeletePeer', ({ address }: DeletePeerRequest) =>
        this.#peers.delete(address) ? [{}] : `can't delete a peer configuration for ${address}`,
      ),
      AddPath: this.#unary('AddPath', ({ path }: AddPathRequest) => {
        if (path?.nlri) this.#paths.set(keyOf(path), { ...path, neighborIp: '<nil>' });
        return [{ uuid: new Uint8Array(16) }];
      }),
      DeletePath: this.#unary('DeletePath', ({ path }: DeletePathRequest) => {
        if (path) this.#paths.delete(keyOf(path));
        else this.#paths.clear();
        return [{}];
      }),
      SetPolicies: this.#unary('SetPolicies', ({ definedSets, policies }: SetPoliciesRequest) => {
        [this.#sets, this.#policies] = [definedSets, policies];
        return [{}];
      }),
      SetPolicyAssignment: this.#unary('SetPolicyAssignment', ({ assignment }: SetPolicyAssignmentRequest) => {
        if (assignment) this.#assignments.set(assignment.direction, assignment);
        return [{}];
      }),
      ResetPeer: this.#unary('ResetPeer', () => [{}]),
      ListPeer: this.#stream('ListPeer', () => [...this.#peers.values()].map((peer) => ({ peer }))),
      ListPath: this.#stream('ListPath', (request: ListPathRequest) => this.#listPaths(request)),
      ListDefinedSet: this.#stream('ListDefinedSet', () => this.#sets.map((definedSet) => ({ definedSet }))),
      ListPolicyAssignment: this.#stream('ListPolicyAssignment', (request: ListPolicyAssignmentRequest) =>
        this.#listAssignment(request),
      ),
      WatchEvent: (call: ServerWritableStream<unknown, unknown>) => {
        this.calls.push('WatchEvent');
        this.#streams.add(call);
      },
    };
  }

  #addPeer(peer: Peer | undefined): Answer {
    const address = peer?.conf?.neighborAddress ?? '';
    if (peer === undefined || this.#global.asn === 0) return "bgp server hasn't started yet";
    if (this.#peers.has(address)) return `can't overwrite the existing peer: ${address}`;
    this.#peers.set(address, peer);
    return [{}];
  }

  #listPaths({ family }: ListPathRequest): Answer {
    if (this.#global.asn === 0) return "bgp server hasn't started yet";
    const asked = [...this.#paths.values()].filter((path) => path.family?.afi === family?.afi);
    return asked.map((path) => ({ destination: { prefix: '', paths: [path] } }));
  }

  #listAssignment({ direction }: ListPolicyAssignmentRequest): Answer {
    const assignment = this.#assignments.get(direction) ?? { direction, defaultAction: 1, policies: [] };
    const policies = assignment.policies.flatMap(({ name }) => this.#policies.filter((policy) => policy.name === name));
    return [{ assignment: { ...assignment, policies } }];
  }

  #unary<Request>(name: Call, answer: (request: Request) => Answer) {
    return (call: ServerUnaryCall<Request, object>, callback: (error: object | null, value?: object) => void): void =>
      this.#answer(name, call.request, answer, (found) => {
        if (typeof found === 'string') callback({ code: status.UNKNOWN, details: found });
        else callback(null, found[0] ?? {});
      });
  }

  #stream<Request>(name: Call, answer: (request: Request) => Answer) {
    return (call: ServerWritableStream<Request, object>): void =>
      this.#answer(name, call.request, answer, (found) => {
        if (typeof found === 'string') return void call.emit('error', { code: status.UNKNOWN, details: found });
        for (const message of found) call.write(message);
        call.end();
      });
  }

  #answer<R>(name: Call, request: R, answer: (request: R) => Answer, reply: (found: Answer) => void): void {
    this.calls.push(name);
    const fault = this.faults.get(name);
    if (fault === 'hang') return;
    if (fault === undefined) reply(answer(request));
    else if (fault === 'swallow') reply([{}]);
    else if ('refuse' in fault) reply(fault.refuse);
    else void fault.after().then(() => reply(answer(request)));
  }
}

const keyOf = ({ nlri }: Path): string => Buffer.from(nlri?.value ?? []).toString('hex');
