import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
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
  type ListDefinedSetRequest,
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
import { GoBgpService as V4 } from '../../../src/bgp/gen/gobgp-v4.ts';
import type { TlsFiles } from '../../../src/bgp/tls.ts';

/** What a fake shows of itself, and whom it lets in. */
type FakeTls = Pick<TlsFiles, 'ca' | 'cert' | 'key'>;

export interface Place {
  /** Undefined for a socket of its own; `127.0.0.1:0` for a port that is free. */
  readonly target?: string | undefined;
  readonly tls?: FakeTls | undefined;
}

type Call = keyof typeof V3;
type Fault = 'garble' | 'hang' | 'swallow' | { readonly refuse: string } | { readonly after: () => Promise<void> };

/** What an answer is made from: an error text, or messages (one for a call that is not streamed). */
type Answer = string | readonly object[];

/**
 * A gobgpd for bad luck that the real one does not give: it holds peers, paths and policies, refuses as gobgpd 3.10 does,
 * and for each call can be told to refuse, to hang, to wait, to answer with what is no message, or to say OK and do nothing.
 */
export class FakeGobgpd {
  readonly calls: Call[] = [];
  readonly faults = new Map<Call, Fault>();
  target: string;
  readonly #folder: string;
  readonly #server = new Server();
  readonly #streams = new Set<ServerWritableStream<unknown, unknown>>();
  #global: Global = { asn: 0, routerId: '', listenPort: 0, listenAddresses: [] };
  #peers = new Map<string, Peer>();
  #paths = new Map<string, Path>();
  #sets: DefinedSet[] = [];
  #policies: Policy[] = [];
  #assignments = new Map<number, PolicyAssignment>();

  private constructor(folder: string, target: string | undefined) {
    this.#folder = folder;
    this.target = target ?? `unix://${join(folder, 'api.sock')}`;
  }

  /** @param serves `v4` for one that answers GetBgp and nothing else, `nothing` for one that knows none of our calls */
  static async start(serves: 'v3' | 'v4' | 'nothing' = 'v3', { target, tls }: Place = {}): Promise<FakeGobgpd> {
    const fake = new FakeGobgpd(await mkdtemp(join(tmpdir(), 'fairlead-fake-gobgpd-')), target);
    const implementation = fake.#implementation();
    if (serves === 'v3') fake.#server.addService(rawAnswers(V3), implementation);
    if (serves === 'v4') fake.#server.addService(rawAnswers({ GetBgp: V4.GetBgp }), implementation);
    await new Promise<void>((resolve, reject) => {
      fake.#server.bindAsync(fake.target, credentialsOf(tls), (error, port) => {
        if (target?.endsWith(':0')) fake.target = target.replace(/0$/, String(port));
        if (error === null) resolve();
        else reject(error);
      });
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
      ListDefinedSet: this.#stream('ListDefinedSet', ({ definedType }: ListDefinedSetRequest) =>
        this.#sets.filter((set) => set.definedType === definedType).map((definedSet) => ({ definedSet })),
      ),
      ListPolicyAssignment: this.#stream('ListPolicyAssignment', (request: ListPolicyAssignmentRequest) =>
        this.#listAssignment(request),
      ),
      WatchEvent: (call: ServerWritableStream<unknown, unknown>) => {
        this.calls.push('WatchEvent');
        this.#streams.add(call);
        if (this.faults.get('WatchEvent') === 'garble') call.write(GARBLE);
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
    else if (fault === 'garble') reply([GARBLE]);
    else if (fault === 'swallow') reply([{}]);
    else if ('refuse' in fault) reply(fault.refuse);
    else void fault.after().then(() => reply(answer(request)));
  }
}

/** A field of four bytes that ends after one. */
const GARBLE = Buffer.from([0x0a, 0x04, 0x00]);

/** The same calls, with an answer that is bytes sent as it is. */
const rawAnswers = (service: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      {
        ...method,
        responseSerialize: (answer: object) => (answer === GARBLE ? GARBLE : method.responseSerialize(answer)),
      },
    ]),
  );

function credentialsOf(tls: FakeTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: readFileSync(tls.key), cert_chain: readFileSync(tls.cert) };
  return ServerCredentials.createSsl(readFileSync(tls.ca), [pair], true);
}

const keyOf = ({ nlri }: Path): string => Buffer.from(nlri?.value ?? []).toString('hex');
