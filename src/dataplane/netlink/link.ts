import { existsSync } from 'node:fs';
import { type Address, addressBytes, FAMILIES, familyOf } from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import { readAttributes, type Writer } from './codec.ts';
import { decodeDefaultRoute, type DefaultRoute, isDefaultRoute, mainRoutesHeader } from './default-routes.ts';
import { NETLINK_ROUTE, NetlinkSocket, refusalOf, type Request } from './socket.ts';

/** include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h, veth.h */
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const IFLA = { name: 3, info: 18, netnsFd: 28, carrier: 33 } as const;
const INFO = { kind: 1, data: 2 } as const;
const VETH_INFO_PEER = 1;
const IFA = { local: 2, cacheInfo: 6 } as const;
const IFA_F_NODAD = 2;
const FOREVER = 0xff_ff_ff_ff;
const RTA = { destination: 1, interface: 4, gateway: 5 } as const;
const IFF_UP = 1;
/** Bytes of struct ifinfomsg and struct rtmsg before the attributes. */
const IFINFOMSG = 16;
const RTMSG = 12;
const AF = { ipv4: 2, ipv6: 10 } as const;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

/** Exists wherever the kernel has IPv6, switched on or not. */
const IPV6 = '/proc/net/if_inet6';

/** An interface, and whether packets can leave by it: switched on, and with a carrier. */
export interface LinkState {
  readonly name: string;
  readonly up: boolean;
}

/** Interfaces and addresses of the network namespace this was opened in. Every method throws `netlink-failed`. */
export class Links {
  readonly #socket = new NetlinkSocket(NETLINK_ROUTE);

  close(): void {
    this.#socket.close();
  }

  /** Makes a veth pair whose far end, of the same name, lies in another network namespace. */
  addVeth(name: string, peerNetns: number): void {
    this.#change(`make the veth ${name}`, {
      type: RTM_NEWLINK,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      fixed: ifinfomsg(0, 0),
      attributes: (writer) => {
        writer.text(IFLA.name, name);
        writer.nest(IFLA.info, () => {
          writer.text(INFO.kind, 'veth');
          writer.nest(INFO.data, () =>
            writer.nest(VETH_INFO_PEER, () => {
              writer.struct(ifinfomsg(0, 0));
              writer.text(IFLA.name, name);
              writer.u32(IFLA.netnsFd, peerNetns);
            }),
          );
        });
      },
    });
  }

  /** Those of the names that are names of interfaces. */
  present(names: readonly string[]): Set<string> {
    const answers = this.#socket.change(
      names.map((name) => ({
        type: RTM_GETLINK,
        fixed: ifinfomsg(0, 0),
        attributes: (writer) => writer.text(IFLA.name, name),
      })),
    );
    return new Set(names.filter((_, index) => answers[index]?.error === undefined));
  }

  /** The interface of a name or a number; undefined where there is none. */
  state(link: string | number): LinkState | undefined {
    const [index, name] = typeof link === 'number' ? [link, undefined] : [0, link];
    const found = this.#socket.find({
      type: RTM_GETLINK,
      fixed: ifinfomsg(index, 0),
      attributes: (writer) => name !== undefined && writer.text(IFLA.name, name),
    });
    if (found === undefined) return undefined;
    const attributes = readAttributes(found.payload.subarray(IFINFOMSG));
    const on = (found.payload.readUInt32LE(8) & IFF_UP) !== 0;
    return { name: nameOf(attributes), up: on && attributes.get(IFLA.carrier)?.[0] !== 0 };
  }

  /** The number of the interface that packets for an address leave by; undefined where there is no route. */
  towards(address: Address): number | undefined {
    const family = familyOf(address);
    const bits = addressBytes(address).length * 8;
    const request = { type: RTM_GETROUTE, fixed: Uint8Array.of(AF[family], bits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) };
    const attributes = (writer: Writer): void => writer.bytesOf(RTA.destination, addressBytes(address));
    const route = this.#socket.find({ ...request, attributes });
    return route && readAttributes(route.payload.subarray(RTMSG)).get(RTA.interface)?.readUInt32LE(0);
  }

  /** The default routes of the table main, in no order. */
  defaultRoutes(): DefaultRoute[] {
    const found: Buffer[] = [];
    for (const family of existsSync(IPV6) ? FAMILIES : (['ipv4'] as const)) {
      this.#socket.scan({ type: RTM_GETROUTE, fixed: mainRoutesHeader(family) }, ({ payload, type }) => {
        if (type === RTM_NEWROUTE && isDefaultRoute(payload)) found.push(payload);
      });
    }
    return found.map((payload) => decodeDefaultRoute(payload, (link) => this.state(link)?.name ?? ''));
  }

  /** Deletes an interface if there is one of that name. */
  deleteLink(name: string): void {
    this.#socket.change([
      { type: RTM_DELLINK, fixed: ifinfomsg(0, 0), attributes: (writer) => writer.text(IFLA.name, name) },
    ]);
  }

  switchOn(name: string): void {
    this.#change(`switch ${name} on`, { type: RTM_NEWLINK, fixed: ifinfomsg(this.#index(name), IFF_UP) });
  }

  /**
   * Gives an interface an address that is good at once: IPv6 is not asked for duplicates first. One that it has already
   * stays. Nobody takes an IPv6 address as his source by himself where there is another, as if it were deprecated (RFC
   * 6724 section 5, rule 3): what stands on a link of ours is not to be seen elsewhere.
   */
  addAddress(name: string, address: Address, length: number): void {
    const family = familyOf(address);
    this.#change(`give ${name} the address ${address}/${length}`, {
      type: RTM_NEWADDR,
      flags: NLM_F_CREATE | NLM_F_REPLACE,
      fixed: ifaddrmsg(AF[family], length, this.#index(name)),
      attributes: (writer) => {
        writer.bytesOf(IFA.local, addressBytes(address));
        if (family === 'ipv6') writer.bytesOf(IFA.cacheInfo, ifaCacheInfo(0, FOREVER));
      },
    });
  }

  addDefaultRoute(gateway: Address): void {
    this.#change(`route everything to ${gateway}`, {
      type: RTM_NEWROUTE,
      flags: NLM_F_CREATE | NLM_F_REPLACE,
      // struct rtmsg: main table, protocol static, scope universe, type unicast.
      fixed: Uint8Array.of(AF[familyOf(gateway)], 0, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0),
      attributes: (writer) => writer.bytesOf(RTA.gateway, addressBytes(gateway)),
    });
  }

  #index(name: string): number {
    const request = { type: RTM_GETLINK, fixed: ifinfomsg(0, 0) };
    const { payload } = this.#socket.get({ ...request, attributes: (writer) => writer.text(IFLA.name, name) });
    const found = nameOf(readAttributes(payload.subarray(IFINFOMSG)));
    if (found !== name) throw new FairleadError('netlink-failed', `expected the interface ${name}, found ${found}`);
    return payload.readInt32LE(4);
  }

  #change(what: string, request: Request): void {
    const [answer] = this.#socket.change([request]);
    const refusal = answer && refusalOf(answer);
    if (refusal !== undefined) throw new FairleadError('netlink-failed', `could not ${what}: ${refusal}`);
  }
}

const nameOf = (attributes: ReadonlyMap<number, Buffer>): string =>
  attributes.get(IFLA.name)?.toString('latin1').replace(/\0$/, '') ?? '';

/** struct ifinfomsg: family, type, index, flags, and which of the flags are meant. */
function ifinfomsg(index: number, flags: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(flags, 12);
  return bytes;
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
function ifaddrmsg(family: number, length: number, index: number): Uint8Array {
  const flags = family === AF.ipv6 ? IFA_F_NODAD : 0;
  const bytes = Buffer.from([family, length, flags, 0, 0, 0, 0, 0]);
  bytes.writeUInt32LE(index, 4);
  return bytes;
}

/** struct ifa_cacheinfo: for how many seconds an address is preferred and valid, and two times that are the kernel's. */
function ifaCacheInfo(preferred: number, valid: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(preferred, 0);
  bytes.writeUInt32LE(valid, 4);
  return bytes;
}
