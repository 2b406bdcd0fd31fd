import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { findFile, libraryPath } from '../../lab/machine/place.ts';
import { familyOf, type Address, type Prefix } from '../../src/model/address.ts';
import { frrConfig, parseFrrPaths, parseFrrPrefixes, parseFrrSession } from './frr.ts';
import type { Host } from './lan.ts';
import type { SeenPath, SeenSession, Switch, SwitchConfig } from './switch.ts';

/** FRR's own user, which it insists on: here, the one user there is. */
const PASSWD = String.raw`root:x:0:0::/:/bin/sh\nfrr:x:0:0::/:/bin/sh\n`;
const GROUP = String.raw`root:x:0:\nfrr:x:0:\nfrrvty:x:0:\n`;
/** FRR before 9 keeps using a next-hop group of which the kernel has dropped a member (FRR issue 14481). */
const ZEBRA = String.raw`no zebra nexthop kernel enable\n`;
const PREPARE = [
  'mkdir /run/frr /run/etc',
  `printf '${PASSWD}' > /run/etc/passwd && mount --bind /run/etc/passwd /etc/passwd`,
  `printf '${GROUP}' > /run/etc/group && mount --bind /run/etc/group /etc/group`,
  `printf '${ZEBRA}' > /run/etc/zebra.conf && : > /run/etc/none.conf`,
  `printf 'service integrated-vtysh-config\nusername root nopassword\n' > /run/etc/vtysh.conf`,
].join(' && ');

/** FRR in a host of the rig: zebra, bgpd and bfdd. */
export class FrrSwitch implements Switch {
  readonly kind = 'frr';
  readonly #host: Host;
  readonly #daemons: readonly ChildProcess[];
  #configured = false;

  private constructor(host: Host, daemons: readonly ChildProcess[]) {
    this.#host = host;
    this.#daemons = daemons;
  }

  static async start(host: Host): Promise<FrrSwitch> {
    await host.run('sh', '-c', PREPARE);
    const start = async (daemon: string, config: string): Promise<ChildProcess> => {
      const child = host.spawn(
        program(`usr/lib/frr/${daemon}`, ['-f', `/run/etc/${config}`, '-A', '127.0.0.1', '-P', '0']),
      );
      await host.run('sh', '-c', `until [ -S /run/frr/${daemon}.vty ]; do sleep 0.05; done`);
      return child;
    };
    const zebra = await start('zebra', 'zebra.conf');
    const others = await Promise.all([start('bgpd', 'none.conf'), start('bfdd', 'none.conf')]);
    return new FrrSwitch(host, [zebra, ...others]);
  }

  async configure(config: SwitchConfig): Promise<void> {
    const text = `${this.#configured ? 'no router bgp\n' : ''}${frrConfig(config)}`;
    await this.#host.run('sh', '-c', `cat > /run/etc/switch.conf << 'END'\n${text}END\n`);
    await this.#vtysh('-f', '/run/etc/switch.conf');
    this.#configured = true;
  }

  async session(neighbor: Address): Promise<SeenSession | undefined> {
    return parseFrrSession(await this.#show(`show bgp neighbors ${neighbor} json`), neighbor);
  }

  async paths(prefix: Prefix): Promise<SeenPath[]> {
    return parseFrrPaths(await this.#show(`show bgp ${familyOf(prefix)} unicast ${prefix} json`));
  }

  async prefixes(neighbor: Address): Promise<Prefix[]> {
    const families = ['ipv4', 'ipv6'];
    const answers = families.map((family) =>
      this.#show(`show bgp ${family} unicast neighbors ${neighbor} routes json`),
    );
    return (await Promise.all(answers)).flatMap(parseFrrPrefixes);
  }

  async bfd(neighbor: Address): Promise<string | undefined> {
    const peers = JSON.parse(await this.#show('show bfd peers json')) as { peer: string; status: string }[];
    return peers.find(({ peer }) => peer === neighbor)?.status;
  }

  async stop(): Promise<void> {
    const running = this.#daemons.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const exits = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(exits);
  }

  #show(command: string): Promise<string> {
    return this.#vtysh('-c', command);
  }

  #vtysh(...args: string[]): Promise<string> {
    return this.#host.run(
      ...program('usr/bin/vtysh', ['--config_dir', '/run/etc', '--vty_socket', '/run/frr', ...args]),
    );
  }
}

/** A program of the unpacked package, with the libraries beside it. */
function program(path: string, args: readonly string[]): string[] {
  const found = findFile(path);
  if (found === undefined) throw new Error(`expected ${path} of Debian's frr below .cache/root, found none`);
  return ['env', `LD_LIBRARY_PATH=${libraryPath()}:${libraryPath()}/frr`, found, ...args];
}
