import type { Flow, IpvsKernel, TrafficKernel } from '../../../src/dataplane/ipvs/netlink.ts';
import { type IpvsOperation, type IpvsTable, planService } from '../../../src/dataplane/ipvs/plan.ts';
import type { IpvsDestination, IpvsService } from '../../../src/dataplane/ipvs/want.ts';
import type { Answer } from '../../../src/dataplane/netlink/socket.ts';
import type { Connections } from '../../../src/model/drain.ts';
import { NO_LOAD, type RealServerLoad } from '../../../src/model/traffic.ts';
import { FairleadError } from '../../../src/model/error.ts';
import { formatEndpoint, virtualServerKey } from '../../../src/model/virtual-server.ts';

/** What turns one table into another, wanted services first. */
export const planTable = (wanted: IpvsTable, actual: IpvsTable): IpvsOperation[] =>
  [...new Set([...wanted.keys(), ...actual.keys()])].flatMap((key) => planService(wanted.get(key), actual.get(key)));

/** IPVS as net/netfilter/ipvs/ip_vs_ctl.c keeps it: one operation at a time, refused with the errno of the kernel. */
export class KernelIpvs implements IpvsKernel {
  readonly #services = new Map<string, IpvsService>();
  readonly #connections = new Map<string, number>();
  /** Deleted destinations that the kernel has not let go of yet; one that comes back is taken out again. */
  readonly trash = new Set<string>();
  /** Everything that was asked: operations in words of their kind, and readings. */
  readonly asked: string[] = [];
  /** Refuses these operations with EPERM, by a part of their words. */
  /** Schedulers it was built without. */
  readonly lacks = new Set<string>();
  refuses: ((operation: IpvsOperation) => boolean) | undefined;
  /** Called before each question, as what somebody else does at that moment. */
  meanwhile: ((asked: string) => void) | undefined;
  /** Fails the next question as a full receive buffer does. */
  overflows = false;
  reopened = 0;

  constructor(table: IpvsTable = new Map()) {
    for (const [key, service] of table) this.#services.set(key, service);
  }

  get table(): IpvsTable {
    return this.#services;
  }

  get messages(): IpvsKernel['messages'] {
    return { sent: this.asked.length, received: 0 };
  }

  /** What was asked since the last call. */
  takeAsked(): string[] {
    return this.asked.splice(0);
  }

  services(): IpvsService[] {
    this.#ask('services');
    return [...this.#services.values()].map((service) => ({ ...service, destinations: new Map() }));
  }

  service(identity: IpvsService): IpvsService | undefined {
    this.#ask(`service ${virtualServerKey(identity)}`);
    const service = this.#services.get(virtualServerKey(identity));
    return service && { ...service, destinations: this.#counted(service) };
  }

  destinations(identity: IpvsService): Map<string, IpvsDestination> {
    this.#ask(`destinations ${virtualServerKey(identity)}`);
    const service = this.#services.get(virtualServerKey(identity));
    return new Map(service && this.#counted(service));
  }

  connections(identity: IpvsService): Connections[] {
    const key = virtualServerKey(identity);
    this.#ask(`connections ${key}`);
    const counts = [...(this.#services.get(key)?.destinations.keys() ?? [])].map(
      (name) => this.#connections.get(`${key} ${name}`) ?? 0,
    );
    return counts.map((count) => ({ active: count, opened: count, received: count }));
  }

  /** A socket that asks about traffic: services come two in a part, with each connection ever opened counted as open. */
  forTraffic(): TrafficKernel {
    return {
      flows: () => this.#flows(),
      flow: (identity) => {
        this.#ask(`flow ${virtualServerKey(identity)}`);
        const service = this.#services.get(virtualServerKey(identity));
        return service && this.#flowOf(service);
      },
      realServers: (identity) => this.#realServers(virtualServerKey(identity)),
      close: () => void this.asked.push('close'),
    };
  }

  change(operations: readonly IpvsOperation[]): Answer[] {
    if (operations.length > 64) throw new RangeError(`${operations.length} operations in one batch`);
    return operations.map((operation) => {
      this.#ask(operation.kind);
      const lacks = operation.kind === 'add-service' || operation.kind === 'edit-service';
      if (lacks && this.lacks.has(operation.service.scheduler)) return { error: 'ENOENT', explanation: undefined };
      return { error: this.refuses?.(operation) ? 'EPERM' : this.do(operation), explanation: undefined };
    });
  }

  reopen(): void {
    this.reopened += 1;
  }

  close(): void {
    this.#services.clear();
  }

  /** Returns the errno's name, or undefined where it went well. */
  do(operation: IpvsOperation): string | undefined {
    const key = virtualServerKey(operation.service);
    const found = this.#services.get(key);
    if ('destination' in operation) return found ? this.#doDestination(operation, key, found) : 'ESRCH';
    switch (operation.kind) {
      case 'add-service':
        if (found) return 'EEXIST';
        this.#services.set(key, { ...operation.service, destinations: new Map() });
        return undefined;
      case 'edit-service':
        if (!found) return 'ESRCH';
        this.#services.set(key, { ...operation.service, destinations: found.destinations });
        return undefined;
      case 'delete-service':
        for (const name of found?.destinations.keys() ?? []) this.trash.add(`${key} ${name}`);
        return this.#services.delete(key) ? undefined : 'ESRCH';
    }
  }

  /** What clients do: so many connections are open to a destination. */
  connect(key: string, destination: string, connections: number): void {
    this.#connections.set(`${key} ${destination}`, connections);
  }

  *#flows(): Generator<Flow[]> {
    const services = [...this.#services.values()];
    for (let at = 0; at < services.length; at += 2) {
      this.#ask('flows');
      yield services.slice(at, at + 2).map((service) => this.#flowOf(service));
    }
  }

  #flowOf(service: IpvsService): Flow {
    const opened = this.#realServers(virtualServerKey(service), false).reduce((sum, { active }) => sum + active, 0);
    const perSecond = { ...NO_LOAD.perSecond, connections: opened / 2, bytesIn: 1000 * opened };
    return { service: { ...service, destinations: new Map() }, opened, perSecond };
  }

  #realServers(key: string, asked = true): RealServerLoad[] {
    if (asked) this.#ask(`real servers ${key}`);
    const service = this.#services.get(key);
    if (service === undefined) return [];
    return [...this.#counted(service).values()].map(({ address, connections, port, weight }) => {
      return { address, port, weight, active: connections ?? 0, inactive: 1 };
    });
  }

  #counted(service: IpvsService): Map<string, IpvsDestination> {
    const key = virtualServerKey(service);
    return new Map(
      [...service.destinations].map(([name, destination]) => [
        name,
        { ...destination, connections: this.#connections.get(`${key} ${name}`) ?? 0 },
      ]),
    );
  }

  #ask(what: string): void {
    this.meanwhile?.(what);
    this.asked.push(what);
    if (!this.overflows) return;
    this.overflows = false;
    throw new FairleadError('netlink-failed', 'netlink: the answer could not be read: ENOBUFS');
  }

  #doDestination(
    { kind, destination }: Extract<IpvsOperation, { destination: unknown }>,
    key: string,
    service: IpvsService,
  ): string | undefined {
    const name = formatEndpoint(destination);
    const destinations = new Map(service.destinations);
    const known = destinations.has(name);
    if (kind === 'add-destination' && known) return 'EEXIST';
    if (kind !== 'add-destination' && !known) return 'ENOENT';
    if (destination.weight < 0) return 'ERANGE';
    if (kind === 'delete-destination') destinations.delete(name);
    else destinations.set(name, destination);
    this.#services.set(key, { ...service, destinations });
    this.trash[kind === 'delete-destination' ? 'add' : 'delete'](`${key} ${name}`);
    return undefined;
  }
}
