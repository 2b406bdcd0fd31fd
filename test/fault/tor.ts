import type { Lab, TorKind } from '../../lab/lab.ts';

/** The switch, asked for what BGP told it. */
export class Tor {
  readonly kind: TorKind;
  readonly #lab: Lab;

  constructor(lab: Lab, kind: TorKind) {
    this.#lab = lab;
    this.kind = kind;
  }

  /** Grows or changes with every UPDATE that comes in and with every session that breaks; equal means: nothing happened. */
  async history(): Promise<string> {
    return this.kind === 'frr' ? frrHistory(await this.#vtysh()) : birdHistory(await this.#birdc());
  }

  /** The lb nodes that its kernel sends packets of the IPv6 range to. */
  async nexthopsIPv6(): Promise<string[]> {
    const { stdout } = await this.#lab.exec('tor', ['ip', '-6', '-oneline', 'route', 'show', 'fd99:66::/112']);
    return [...stdout.matchAll(/via fd00:2:(\d)::2/g)].map(([, number]) => `lb${number}`).toSorted();
  }

  /** Ends the routing daemon as a power cut does, and waits for it to run again; the kernel forgets its routes. */
  async reboot(): Promise<void> {
    await this.#lab.kill('tor', 'SIGKILL');
    const flush = ['ip -4 route flush proto bgp', 'ip -6 route flush proto bgp', 'ip -4 route flush proto bird'];
    await this.#lab.exec('tor', ['sh', '-c', [...flush, 'ip -6 route flush proto bird'].join('; ')]);
    await this.#lab.start('tor');
  }

  async #vtysh(): Promise<string> {
    return (await this.#lab.exec('tor', ['vtysh', '-c', 'show bgp neighbors json'])).stdout;
  }

  async #birdc(): Promise<string> {
    return (await this.#lab.exec('tor', ['birdc', '-s', '/run/bird.ctl', 'show', 'protocols', 'all'])).stdout;
  }
}

interface FrrNeighbor {
  readonly connectionsDropped: number;
  readonly messageStats: { readonly updatesRecv: number };
}

/** The part of `show bgp neighbors json` that changes with what a neighbour says, and not with its keepalives. */
export function frrHistory(json: string): string {
  const neighbors = Object.entries(JSON.parse(json) as Record<string, FrrNeighbor>);
  return neighbors
    .map(([address, { connectionsDropped, messageStats }]) => [address, connectionsDropped, messageStats.updatesRecv])
    .map((facts) => facts.join(' '))
    .join('; ');
}

/** The same of BIRD's `show protocols all`: when each session came up, and what it imported. */
export const birdHistory = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^lb\d|Import (updates|withdraws):/.test(line))
    // BIRD works times out anew for each look, and is a millisecond off now and then.
    .map((line) =>
      line
        .trim()
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/(:\d\d)\.\d+/g, '$1'),
    )
    .join('; ');
