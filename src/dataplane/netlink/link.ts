import { type Address, addressBytes } from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import { readAttributes } from './codec.ts';
import { NETLINK_ROUTE, NetlinkSocket, refusalOf, type Request } from './socket.ts';

/** include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h, veth.h */
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const IFLA = { name: 3, info: 18, netnsFd: 28 } as const;
const INFO = { kind: 1, data: 2 } as const;
const VETH_INFO_PEER = 1;
const IFA_LOCAL = 2;
const RTA_GATEWAY = 5;
const IFF_UP = 1;
const AF_INET = 2;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

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

  /** Deletes an interface if there is one of that name. */
  deleteLink(name: string): void {
    this.#socket.change([
      { type: RTM_DELLINK, fixed: ifinfomsg(0, 0), attributes: (writer) => writer.text(IFLA.name, name) },
    ]);
  }

  /** Gives an interface its address and switches it on. */
  bringUp(name: string, address: Address, length: number): void {
    const index = this.#index(name);
    this.#change(`give ${name} the address ${address}/${length}`, {
      type: RTM_NEWADDR,
      flags: NLM_F_CREATE,
      fixed: ifaddrmsg(length, index),
      attributes: (writer) => writer.bytesOf(IFA_LOCAL, addressBytes(address)),
    });
    this.#change(`switch ${name} on`, { type: RTM_NEWLINK, fixed: ifinfomsg(index, IFF_UP) });
  }

  addDefaultRoute(gateway: Address): void {
    this.#change(`route everything to ${gateway}`, {
      type: RTM_NEWROUTE,
      flags: NLM_F_CREATE,
      // struct rtmsg: main table, protocol static, scope universe, type unicast.
      fixed: Uint8Array.of(AF_INET, 0, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0),
      attributes: (writer) => writer.bytesOf(RTA_GATEWAY, addressBytes(gateway)),
    });
  }

  #index(name: string): number {
    const request = { type: RTM_GETLINK, fixed: ifinfomsg(0, 0) };
    const { payload } = this.#socket.get({ ...request, attributes: (writer) => writer.text(IFLA.name, name) });
    const found = readAttributes(payload.subarray(16)).get(IFLA.name)?.toString('latin1').replace(/\0$/, '');
    if (found !== name) throw new FairleadError('netlink-failed', `expected the interface ${name}, found ${found}`);
    return payload.readInt32LE(4);
  }

  #change(what: string, request: Request): void {
    const [answer] = this.#socket.change([request]);
    const refusal = answer && refusalOf(answer);
    if (refusal !== undefined) throw new FairleadError('netlink-failed', `could not ${what}: ${refusal}`);
  }
}

/** struct ifinfomsg: family, type, index, flags, and which of the flags are meant. */
function ifinfomsg(index: number, flags: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(flags, 12);
  return bytes;
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
function ifaddrmsg(length: number, index: number): Uint8Array {
  const bytes = Buffer.from([AF_INET, length, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32LE(index, 4);
  return bytes;
}
