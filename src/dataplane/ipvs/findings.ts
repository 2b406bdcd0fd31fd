import type { DriftKind } from '../part.ts';
import type { KnownTable } from './known.ts';
import { formatOperation, type IpvsOperation } from './plan.ts';

/** What one call finds and does, as it comes together. */
export class Findings {
  readonly changes: string[] = [];
  readonly problems: string[] = [];
  readonly drift: DriftKind[] = [];
  readonly udp: IpvsOperation[] = [];

  /** Takes over an operation that the kernel has acknowledged. */
  done(operation: IpvsOperation, known: KnownTable): void {
    known.acknowledge(operation);
    this.changes.push(formatOperation(operation));
    if (operation.service.protocol === 'udp') this.udp.push(operation);
  }
}
