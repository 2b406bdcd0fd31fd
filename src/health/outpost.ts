import { closeSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { type Address, type Family, familyOf } from '../model/address.ts';
import { createNetns, insideNetns, socket } from '../dataplane/netlink/libc.ts';
import { Links } from '../dataplane/netlink/link.ts';
import type { Attempt } from './targets.ts';

/** include/linux/socket.h */
const AF: Readonly<Record<Family, number>> = { ipv4: 2, ipv6: 10 };
const SOCK_STREAM_CLOEXEC_NONBLOCK = 1 | 0o2000000 | 0o4000;
/** Both ends of the veth share a network of four addresses. */
const LENGTH: Readonly<Record<Family, number>> = { ipv4: 30, ipv6: 126 };

/**
 * What the node asks for an outpost's link address from, when it forwards a packet (RFC 4861 section 7.2.2). The one that
 * the kernel makes is first looked for among the neighbours, which takes up to two seconds.
 */
const LINK_LOCAL: Address = 'fe80::1';

/** Where an outpost stands: the name of the veth, and of each family the node's address on it and the outpost's own. */
export interface Site extends Readonly<Record<Family, Ends>> {
  readonly name: string;
}

interface Ends {
  readonly node: Address;
  readonly outpost: Address;
}

/**
 * A network namespace behind a veth, as a client or a pod would stand behind an interface of this node. Measured: a
 * connection from the node itself still succeeds in five of seven faults that clients suffer from; one from an
 * outpost fails in all seven. Nobody but this process holds the namespace: it is gone when the process is.
 */
export class Outpost {
  readonly #netns: number;
  readonly #links = new Links();
  readonly #site: Site;
  #linked = false;
  readonly #connected = new Set<Family>();

  /** Nothing on the node changes before the first connection. Throws `kernel-refused`. */
  constructor(site: Site) {
    this.#site = site;
    this.#netns = createNetns();
  }

  /**
   * Makes the veth and puts the addresses of a family on it, unless that is done. One that somebody else deletes or
   * switches off is made anew: it is an instrument of ours, and no part of what is measured. Throws `kernel-refused` or
   * `netlink-failed`, as for IPv6 where it is switched off; a later call tries again.
   */
  connect(family: Family): void {
    if (this.#linked && this.#links.state(this.#site.name)?.up !== true) this.#forget();
    if (this.#connected.has(family)) return;
    const inside = insideNetns(this.#netns, () => new Links());
    try {
      if (!this.#linked) this.#link(inside);
      const { node, outpost } = this.#site[family];
      if (family === 'ipv6') this.#links.addAddress(this.#site.name, LINK_LOCAL, 64);
      this.#links.addAddress(this.#site.name, node, LENGTH[family]);
      inside.addAddress(this.#site.name, outpost, LENGTH[family]);
      inside.addDefaultRoute(node);
      this.#connected.add(family);
    } finally {
      inside.close();
    }
  }

  /** Something went wrong with a family: the next call of `connect` puts its addresses on again, whether they are there or not. */
  doubt(family: Family): void {
    this.#connected.delete(family);
  }

  #forget(): void {
    this.#linked = false;
    this.#connected.clear();
  }

  /** A veth that an earlier agent left in dying is replaced. */
  #link(inside: Links): void {
    const { name } = this.#site;
    this.#links.deleteLink(name);
    this.#links.addVeth(name, this.#netns);
    this.#links.switchOn(name);
    inside.switchOn(name);
    this.#linked = true;
  }

  close(): void {
    if (this.#linked) this.#links.deleteLink(this.#site.name);
    this.#links.close();
    closeSync(this.#netns);
  }

  /** Opens a TCP connection from here and closes it at once. Rejects where the veth or a socket is not to be had. */
  async attempt(target: { address: Address; port: number }, timeoutMs: number): Promise<Attempt> {
    const family = familyOf(target.address);
    this.connect(family);
    const client = new Socket({ fd: this.#socket(family) });
    return new Promise((resolve) => {
      const finish = (attempt: Attempt): void => {
        clearTimeout(timer);
        // A reset leaves no TIME_WAIT behind, here or in the IPVS table. While connecting it would only be put off.
        if (attempt === 'connected') client.resetAndDestroy();
        else client.destroy();
        resolve(attempt);
      };
      const timer = setTimeout(finish, timeoutMs, 'timed-out');
      client.once('connect', () => finish('connected'));
      client.on('error', (error: NodeJS.ErrnoException) =>
        finish(error.code === 'ECONNREFUSED' ? 'refused' : 'failed'),
      );
      client.connect({ host: target.address, port: target.port });
    });
  }

  /** Accepts connections here on a free port, of every family there is, and closes them at once. Resolves once it listens. */
  async listen(): Promise<{ server: Server; port: number }> {
    const server = createServer((client) =>
      client
        .on('error', () => client.destroy())
        .resume()
        .end(),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ fd: this.#listener() }, resolve);
    });
    const address = server.address();
    return { server, port: typeof address === 'object' && address ? address.port : 0 };
  }

  /** A socket belongs for ever to the namespace it was made in. */
  #socket(family: Family): number {
    return insideNetns(this.#netns, () => socket(AF[family], SOCK_STREAM_CLOEXEC_NONBLOCK, 0));
  }

  /** A socket of IPv6 takes both families (ipv6(7), IPV6_V6ONLY); a kernel without IPv6 has none to give. */
  #listener(): number {
    try {
      return this.#socket('ipv6');
    } catch {
      return this.#socket('ipv4');
    }
  }
}
