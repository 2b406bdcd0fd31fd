import type { Connections } from '../../model/drain.ts';
import { FairleadError } from '../../model/error.ts';
import type { Load, RealServerLoad } from '../../model/traffic.ts';
import { formatEndpoint } from '../../model/virtual-server.ts';
import { genericFamily, genericHeader } from '../netlink/generic.ts';
import { type Answer, NETLINK_GENERIC, NetlinkSocket, type Request } from '../netlink/socket.ts';
import {
  commandOf,
  decodeConnections,
  decodeDestination,
  decodeFlow,
  decodeRealServer,
  decodeService,
  encodeOperation,
  encodeService,
  GET_DESTINATION,
  GET_SERVICE,
} from './codec.ts';
import type { IpvsOperation } from './plan.ts';
import type { IpvsDestination, IpvsService } from './want.ts';

/** A service, without its destinations, and what passes through it. */
export interface Flow extends Pick<Load, 'opened' | 'perSecond'> {
  readonly service: IpvsService;
}

/** The IPVS table of a network namespace as its kernel offers it. What fails throws `netlink-failed`. */
export interface IpvsKernel {
  /** Every service, without its destinations. It is no snapshot: what changes meanwhile may be missing. */
  services(): IpvsService[];
  /** The service of this protocol, address and port as it is now, with its destinations. */
  service(identity: IpvsService): IpvsService | undefined;
  /** By `address:port`; empty where there is no such service. */
  destinations(identity: IpvsService): Map<string, IpvsDestination>;
  /** Of each destination; none where there is no such service. */
  connections(identity: IpvsService): Connections[];
  /** One answer for each operation, in order; a refused one does not stop those behind it. */
  change(operations: readonly IpvsOperation[]): Answer[];
  /** Forgets questions that are still open. */
  reopen(): void;
  close(): void;
  readonly messages: { readonly sent: number; readonly received: number };
}

/** What the same table says of traffic. What fails throws `netlink-failed`. */
export interface TrafficKernel {
  /**
   * Every service, in parts as the kernel hands them out: between two of them other work may be done, and nothing else be
   * asked. As `services` it is no snapshot.
   */
  flows(): Iterable<Flow[]>;
  /** What passes through the service of this protocol, address and port. */
  flow(identity: IpvsService): Flow | undefined;
  /** The connections to each destination; none where there is no such service. */
  realServers(identity: IpvsService): RealServerLoad[];
  close(): void;
}

/** Bytes of struct genlmsghdr before the attributes. */
const GENERIC_HEADER = 4;

/** The kernel this process runs on. */
export class IpvsNetlink implements IpvsKernel, TrafficKernel {
  readonly #socket = new NetlinkSocket(NETLINK_GENERIC);
  readonly #family: number;

  /** Throws `kernel-refused` where the kernel has no IPVS. */
  constructor() {
    this.#family = ipvsFamily(this.#socket);
  }

  get messages(): IpvsKernel['messages'] {
    return this.#socket.messages;
  }

  close(): void {
    this.#socket.close();
  }

  reopen(): void {
    this.#socket.reopen();
  }

  services(): IpvsService[] {
    return decoded(this.#socket.dump(this.#request(GET_SERVICE)), decodeService);
  }

  service(identity: IpvsService): IpvsService | undefined {
    const found = this.#socket.find(this.#request(GET_SERVICE, identity));
    const [service] = decoded(found ? [found] : [], decodeService);
    return service && { ...service, destinations: this.destinations(service) };
  }

  destinations(identity: IpvsService): Map<string, IpvsDestination> {
    const found = decoded(this.#socket.dump(this.#request(GET_DESTINATION, identity)), decodeDestination);
    return new Map(found.map((destination) => [formatEndpoint(destination), destination]));
  }

  connections(identity: IpvsService): Connections[] {
    return decoded(this.#socket.dump(this.#request(GET_DESTINATION, identity)), decodeConnections);
  }

  *flows(): Generator<Flow[]> {
    for (const part of this.#socket.parts(this.#request(GET_SERVICE))) yield decoded(part, flowOf);
  }

  flow(identity: IpvsService): Flow | undefined {
    const found = this.#socket.find(this.#request(GET_SERVICE, identity));
    return decoded(found ? [found] : [], flowOf)[0];
  }

  realServers(identity: IpvsService): RealServerLoad[] {
    return decoded(this.#socket.dump(this.#request(GET_DESTINATION, identity)), decodeRealServer);
  }

  change(operations: readonly IpvsOperation[]): Answer[] {
    return this.#socket.change(
      operations.map((operation) => ({
        type: this.#family,
        fixed: genericHeader(commandOf(operation)),
        attributes: (writer) => encodeOperation(operation, writer),
      })),
    );
  }

  #request(command: number, service?: IpvsService): Request {
    return {
      type: this.#family,
      fixed: genericHeader(command),
      attributes: (writer) => service && encodeService(service, false, writer),
    };
  }
}

const decoded = <T>(messages: readonly { payload: Buffer }[], decode: (attributes: Buffer) => T | undefined): T[] =>
  messages.map(({ payload }) => decode(payload.subarray(GENERIC_HEADER))).filter((found) => found !== undefined);

function flowOf(attributes: Buffer): Flow | undefined {
  const service = decodeService(attributes);
  return service && { service, ...decodeFlow(attributes) };
}

function ipvsFamily(socket: NetlinkSocket): number {
  try {
    return genericFamily(socket, 'IPVS');
  } catch (cause) {
    socket.close();
    throw new FairleadError('kernel-refused', 'this kernel offers no IPVS', { cause, hint: 'try `modprobe ip_vs`' });
  }
}
