import { closeSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import type { Address } from '../model/address.ts';
import { createNetns, insideNetns, socket } from '../dataplane/netlink/libc.ts';
import { Links } from '../dataplane/netlink/link.ts';
import type { Attempt } from './targets.ts';

const AF_INET = 2;
const SOCK_STREAM_CLOEXEC_NONBLOCK = 1 | 0o2000000 | 0o4000;
/** Both ends of the veth share a network of four addresses. */
const LENGTH = 30;

/** Where an outpost stands: the name of the veth, the node's address on it, and the outpost's own. */
export interface Site {
  readonly name: string;
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
  readonly #name: string;

  /** Throws `kernel-refused` or `netlink-failed`. A veth that an earlier agent left in dying is replaced. */
  constructor({ name, node, outpost }: Site) {
    this.#name = name;
    this.#netns = createNetns();
    this.#links.deleteLink(name);
    this.#links.addVeth(name, this.#netns);
    this.#links.bringUp(name, node, LENGTH);
    const inside = insideNetns(this.#netns, () => new Links());
    inside.bringUp(name, outpost, LENGTH);
    inside.addDefaultRoute(node);
    inside.close();
  }

  close(): void {
    this.#links.deleteLink(this.#name);
    this.#links.close();
    closeSync(this.#netns);
  }

  /** Opens a TCP connection from here and closes it at once. Throws `kernel-refused` where there is no socket to be had. */
  attempt(target: { address: Address; port: number }, timeoutMs: number): Promise<Attempt> {
    const client = new Socket({ fd: this.#socket() });
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

  /** Accepts connections here on a free port and closes them at once. Resolves once it listens. */
  async listen(): Promise<{ server: Server; port: number }> {
    const server = createServer((client) =>
      client
        .on('error', () => client.destroy())
        .resume()
        .end(),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ fd: this.#socket() }, resolve);
    });
    const address = server.address();
    return { server, port: typeof address === 'object' && address ? address.port : 0 };
  }

  /** A socket belongs for ever to the namespace it was made in. */
  #socket(): number {
    return insideNetns(this.#netns, () => socket(AF_INET, SOCK_STREAM_CLOEXEC_NONBLOCK, 0));
  }
}
