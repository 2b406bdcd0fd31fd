import { type Prefix, prefixContains } from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import {
  formatEndpoint,
  type VirtualServer,
  type VirtualServerKey,
  virtualServerKey,
} from '../../model/virtual-server.ts';
import { genericFamily, genericHeader } from '../netlink/generic.ts';
import { NETLINK_GENERIC, NetlinkSocket, refusals } from '../netlink/socket.ts';
import { ensurePart, type PartReport } from '../part.ts';
import {
  commandOf,
  decodeDestination,
  decodeService,
  encodeOperation,
  encodeService,
  GET_DESTINATION,
  GET_SERVICE,
} from './codec.ts';
import { formatOperation, type IpvsOperation, type IpvsTable, planIpvs } from './plan.ts';
import { type IpvsDestination, type IpvsService, wantedService } from './want.ts';

/** What one look at the table found and did. */
export interface IpvsReport extends PartReport {
  /** What was done to virtual servers over UDP: conntrack keeps clients at what was before. */
  readonly udp: readonly IpvsOperation[];
}

/** Bytes of struct genlmsghdr before the attributes. */
const GENERIC_HEADER = 4;

/** The IPVS table of the current network namespace, and the part of it that lies inside the ranges we own. */
export class Ipvs {
  readonly #socket = new NetlinkSocket(NETLINK_GENERIC);
  readonly #family: number;
  readonly #ranges: readonly Prefix[];

  /** Throws `kernel-refused` where the kernel has no IPVS. */
  constructor(ranges: readonly Prefix[]) {
    this.#ranges = ranges;
    this.#family = ipvsFamily(this.#socket);
  }

  close(): void {
    this.#socket.close();
  }

  /** The services inside our ranges. Everybody else's are not even looked at: one dump, and one for each of ours. */
  read(): IpvsTable {
    const services = this.#dump(GET_SERVICE, decodeService).filter((service) => this.#owns(service));
    return new Map(
      services.map((service) => [virtualServerKey(service), { ...service, destinations: this.#destinations(service) }]),
    );
  }

  /** Makes our part of the table equal to the virtual servers wanted. Rejects with `netlink-failed`. */
  async ensure(virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>): Promise<IpvsReport> {
    const wanted = new Map([...virtualServers].map(([key, server]) => [key, wantedService(server)]));
    let udp: readonly IpvsOperation[] = [];
    const report = await ensurePart({
      plan: () => planIpvs(wanted, this.read()),
      apply: (operations) => {
        udp = operations.filter(({ service }) => service.protocol === 'udp');
        return this.#apply(operations);
      },
      format: formatOperation,
    });
    return { ...report, udp };
  }

  #apply(operations: readonly IpvsOperation[]): string[] {
    const answers = this.#socket.change(
      operations.map((operation) => ({
        type: this.#family,
        fixed: genericHeader(commandOf(operation)),
        attributes: (writer) => encodeOperation(operation, writer),
      })),
    );
    return refusals(operations, answers, formatOperation);
  }

  #destinations(service: IpvsService): Map<string, IpvsDestination> {
    const found = this.#dump(GET_DESTINATION, decodeDestination, service);
    return new Map(found.map((destination) => [formatEndpoint(destination), destination]));
  }

  #dump<T>(command: number, decode: (attributes: Buffer) => T | undefined, service?: IpvsService): T[] {
    const messages = this.#socket.dump({
      type: this.#family,
      fixed: genericHeader(command),
      attributes: (writer) => service && encodeService(service, false, writer),
    });
    return messages
      .map(({ payload }) => decode(payload.subarray(GENERIC_HEADER)))
      .filter((found) => found !== undefined);
  }

  #owns(service: IpvsService): boolean {
    return this.#ranges.some((range) => prefixContains(range, service.address));
  }
}

function ipvsFamily(socket: NetlinkSocket): number {
  try {
    return genericFamily(socket, 'IPVS');
  } catch (cause) {
    socket.close();
    throw new FairleadError('kernel-refused', 'this kernel offers no IPVS', { cause, hint: 'try `modprobe ip_vs`' });
  }
}
