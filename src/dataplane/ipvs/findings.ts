import type { DriftKind } from '../part.ts';
import type { KnownTable } from './known.ts';
import { formatOperation, type IpvsOperation } from './plan.ts';

/**
 * So many changes are told in words. Of those behind them, as there are 100,000 when a large table is loaded, only the kind is:
 * nobody reads them all, and their words would be more than the table itself.
 */
const WORDED = 1000;

/** What one call finds and does, as it comes together. */
export class Findings {
  readonly changes: string[] = [];
  readonly problems: string[] = [];
  readonly drift: DriftKind[] = [];
  readonly udp: IpvsOperation[] = [];

  /** Takes over an operation that the kernel has acknowledged. */
  done(operation: IpvsOperation, known: KnownTable): void {
    known.acknowledge(operation);
    this.changes.push(this.changes.length < WORDED ? formatOperation(operation) : operation.kind);
    if (operation.service.protocol === 'udp') this.udp.push(operation);
  }
}
