import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { findFile, libraryPath } from '../../lab/machine/place.ts';
import type { Address, Prefix } from '../../src/model/address.ts';
import { birdConfig, parseBirdBfd, parseBirdPaths, parseBirdPrefixes, parseBirdSession, protocolOf } from './bird.ts';
import type { Host } from './lan.ts';
import type { SeenPath, SeenSession, Switch, SwitchConfig } from './switch.ts';

const CONFIG = '/run/bird.conf';
const SOCKET = '/run/bird.ctl';

/** BIRD 2 in a host of the rig. */
export class BirdSwitch implements Switch {
  readonly kind = 'bird';
  readonly #host: Host;
  #process: ChildProcess | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  async configure(config: SwitchConfig): Promise<void> {
    await this.#host.run('sh', '-c', `cat > ${CONFIG} << 'END'\n${birdConfig(config)}END\n`);
    if (this.#process !== undefined) return this.#reconfigure();
    this.#process = this.#host.spawn(program('bird', ['-f', '-c', CONFIG, '-s', SOCKET]));
    await this.#host.run('sh', '-c', `until [ -S ${SOCKET} ]; do sleep 0.05; done`);
  }

  async #reconfigure(): Promise<void> {
    const said = await this.#birdc('configure');
    if (!/Reconfigur/.test(said)) throw new Error(`expected BIRD to take its configuration, got ${said}`);
  }

  async session(neighbor: Address): Promise<SeenSession | undefined> {
    return parseBirdSession(await this.#birdc('show', 'protocols', 'all', protocolOf(neighbor)));
  }

  async paths(prefix: Prefix): Promise<SeenPath[]> {
    return parseBirdPaths(await this.#birdc('show', 'route', prefix, 'all'));
  }

  async prefixes(neighbor: Address): Promise<Prefix[]> {
    return parseBirdPrefixes(await this.#birdc('show', 'route', 'protocol', protocolOf(neighbor)));
  }

  async bfd(neighbor: Address): Promise<string | undefined> {
    return parseBirdBfd(await this.#birdc('show', 'bfd', 'sessions'), neighbor);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  #birdc(...words: string[]): Promise<string> {
    return this.#host.ask(...program('birdc', ['-s', SOCKET, ...words]));
  }
}

/** A program of the unpacked package, with the libraries beside it. */
function program(name: string, args: readonly string[]): string[] {
  const found = findFile(`usr/sbin/${name}`);
  if (found === undefined) throw new Error(`expected ${name} of Debian's bird2 below .cache/root, found none`);
  return ['env', `LD_LIBRARY_PATH=${libraryPath()}`, found, ...args];
}
