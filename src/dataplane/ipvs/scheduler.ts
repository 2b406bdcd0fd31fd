import type { VirtualServerKey } from '../../model/virtual-server.ts';
import type { IpvsOperation } from './plan.ts';
import { FLAG_PERSISTENT, type IpvsService } from './want.ts';

/**
 * The schedulers that this kernel turned out not to have, and the virtual servers that get another one for it: a
 * Service may ask for any, and must not take the node off the switch with it.
 */
export class Schedulers {
  readonly #fallback: string;
  readonly #missing = new Set<string>();
  readonly #replaced = new Map<VirtualServerKey, string>();

  /** @param fallback what takes the place of a missing one; missing itself, it is a fault like any other */
  constructor(fallback: string) {
    this.#fallback = fallback;
  }

  /** The missing schedulers that virtual servers ask for. */
  get missing(): string[] {
    return [...new Set(this.#replaced.values())];
  }

  /** Takes over what the kernel refused. A scheduler it cannot find or load is ENOENT (ip_vs_add_service, ip_vs_edit_service). */
  learn({ kind, service }: IpvsOperation, error: string | undefined): void {
    const asks = kind === 'add-service' || kind === 'edit-service';
    if (asks && error === 'ENOENT' && service.scheduler !== this.#fallback) this.#missing.add(service.scheduler);
  }

  /** The service with a scheduler this kernel has. */
  usable(key: VirtualServerKey, service: IpvsService | undefined): IpvsService | undefined {
    if (service === undefined || !this.#missing.has(service.scheduler)) {
      this.#replaced.delete(key);
      return service;
    }
    this.#replaced.set(key, service.scheduler);
    // The other flags are the missing scheduler's own.
    return { ...service, scheduler: this.#fallback, flags: service.flags & FLAG_PERSISTENT };
  }
}
