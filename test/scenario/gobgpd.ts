import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallError, GrpcConnection } from '../../src/bgp/client.ts';
import {
  AsPathAttribute,
  CommunitiesAttribute,
  fromBytes,
  GobgpApi as V3,
  MpReachNLRIAttribute,
  MultiExitDiscAttribute,
  NextHopAttribute,
  type Path as PathMessage,
  WatchEventRequest_Table_Filter_Type,
} from '../../src/bgp/gen/gobgp-v3.ts';
import { UNICAST } from '../../src/bgp/messages/peer-settings.ts';
import { encodePeer } from '../../src/bgp/v3/encode.ts';
import { connectGobgp } from '../../src/bgp/connect.ts';
import type { AcceptedPath, GobgpApi, Neighbor } from '../../src/bgp/gobgp.ts';
import { FAMILIES } from '../../src/model/address.ts';
import type { Path } from '../../src/model/path.ts';
import { gobgpdBinary } from './gobgpd-binary.ts';
import type { Network } from './gobgpd-network.ts';

/** The attributes of a path that says nothing of them. */
const NOTHING = {
  nextHop: undefined,
  asPath: [],
  localPref: undefined,
  largeCommunities: [],
  linkBandwidth: undefined,
};

/** A path as a gobgpd has received it. */
export interface Received {
  readonly prefix: string;
  /** Whom it came from; `<nil>` for a path of its own. */
  readonly from: string;
  readonly nextHop: string | undefined;
  readonly asPath: readonly number[];
  readonly communities: readonly number[];
  readonly med: number | undefined;
}

/** An UPDATE of a peer for one prefix, before any policy. */
export interface Update extends Omit<Received, 'prefix'> {
  readonly withdrawn: boolean;
}

/** A real gobgpd without a configuration, in a folder of its own, with its API on a unix socket. */
export class Gobgpd {
  readonly #network: Pick<Network, 'spawn'>;
  readonly #folder: string;
  readonly #binary: string;
  #process: ChildProcess | undefined;
  #connection: GrpcConnection | undefined;
  #speaking: GobgpApi | undefined;

  private constructor(network: Pick<Network, 'spawn'>, folder: string, binary: string) {
    this.#network = network;
    this.#binary = binary;
    this.#folder = folder;
  }

  static async start(network: Pick<Network, 'spawn'>, binary = gobgpdBinary()): Promise<Gobgpd> {
    const gobgpd = new Gobgpd(network, await mkdtemp(join(tmpdir(), 'fairlead-gobgpd-')), binary);
    await gobgpd.start();
    return gobgpd;
  }

  get target(): string {
    return `unix://${this.#socket}`;
  }

  get #socket(): string {
    return join(this.#folder, 'api.sock');
  }

  /** The calls that both versions of the API have, past the speaker. */
  get speaking(): GobgpApi {
    this.#speaking ??= connectGobgp({ target: this.target });
    return this.#speaking;
  }

  /** A connection of the test itself, past the speaker. */
  get api(): GrpcConnection {
    this.#connection ??= new GrpcConnection({ target: this.target });
    return this.#connection;
  }

  /** Starts the process; resolves when its API answers. gobgpd 3.x refuses to start on a socket that is left over. */
  async start(): Promise<void> {
    await rm(this.#socket, { force: true });
    this.#process = this.#network.spawn([this.#binary, '--api-hosts', this.target, '--pprof-disable']);
    while (!(await this.#answers())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  stop(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.close();
    this.#speaking?.close();
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  addPath(path: Path): Promise<void> {
    return this.speaking.addPath({ ...NOTHING, ...path, linkBandwidth: undefined });
  }

  /** The paths of peers that were let in. */
  acceptedPaths(): Promise<AcceptedPath[]> {
    return this.speaking.acceptedPaths();
  }

  /** Everything in its tables for IPv4 and IPv6; only of a gobgpd of version 3. */
  async table(): Promise<Received[]> {
    const answers = await Promise.all(
      FAMILIES.map((family) => this.api.list(V3.ListPath, { family: UNICAST[family] }, 2000)),
    );
    return answers
      .flat()
      .flatMap(({ destination }) =>
        (destination?.paths ?? []).map((path) => ({ prefix: destination?.prefix ?? '', ...received(path) })),
      );
  }

  /** Tells of what each peer has sent so far, and then of every UPDATE as it comes; only of a gobgpd of version 3. */
  watchUpdates(onUpdate: (update: Update) => void): void {
    const filters = [{ type: WatchEventRequest_Table_Filter_Type.ADJIN, init: true }];
    const tell = (path: PathMessage) => onUpdate({ withdrawn: path.isWithdraw, ...received(path) });
    this.api.watch(
      V3.WatchEvent,
      { table: { filters } },
      ({ table }) => table?.paths.forEach(tell),
      () => undefined,
    );
  }

  async #answers(): Promise<boolean> {
    try {
      await this.api.call(V3.GetBgp, {}, 1000);
      return true;
    } catch (error) {
      // One of version 4 answers that it does not know the call.
      return error instanceof CallError && error.outcome === 'unimplemented';
    }
  }
}

function received({ neighborIp, pattrs }: PathMessage): Omit<Received, 'prefix'> {
  const bytesOf = (name: string) => pattrs.find(({ typeUrl }) => typeUrl.endsWith(`.${name}`))?.value;
  const asPath = bytesOf('AsPathAttribute');
  const communities = bytesOf('CommunitiesAttribute');
  const med = bytesOf('MultiExitDiscAttribute');
  const next = bytesOf('NextHopAttribute');
  const reach = bytesOf('MpReachNLRIAttribute');
  return {
    from: neighborIp,
    nextHop: next
      ? fromBytes(NextHopAttribute, next).nextHop
      : reach && fromBytes(MpReachNLRIAttribute, reach).nextHops.join(),
    asPath: asPath ? fromBytes(AsPathAttribute, asPath).segments.flatMap(({ numbers }) => numbers) : [],
    communities: communities ? fromBytes(CommunitiesAttribute, communities).communities : [],
    med: med && fromBytes(MultiExitDiscAttribute, med).med,
  };
}

/** Makes a gobgpd of version 3 the switch of a test: no policy, and one session, which it leaves to us to open. */
export async function becomeSwitch(gobgpd: Gobgpd, address: string, as: number, peer: Neighbor): Promise<void> {
  const global = { asn: as, routerId: address, listenPort: 179, listenAddresses: [address] };
  await gobgpd.api.call(V3.StartBgp, { global }, 2000);
  await gobgpd.api.call(V3.AddPeer, { peer: waitingFor(peer) }, 2000);
}

/** Has a switch know its peer by something else, such as another password. */
export async function changeAtSwitch(gobgpd: Gobgpd, peer: Neighbor): Promise<void> {
  await gobgpd.api.call(V3.UpdatePeer, { peer: waitingFor(peer) }, 5000);
}

function waitingFor(peer: Neighbor): ReturnType<typeof encodePeer> {
  const { transport, ...rest } = encodePeer(peer);
  return { ...rest, transport: { ...transport, passiveMode: true } };
}
