import { formatEndpoint, realServerKey, type VirtualServer, virtualServerKey } from '../../model/virtual-server.ts';
import type { DriftKind } from '../part.ts';
import { formatOperation, type IpvsOperation, subjectOf } from './plan.ts';

/** A repair that would not be needed if nobody else had touched the table. */
export interface Drift {
  readonly kind: DriftKind;
  readonly subject: string;
}

const KIND: Record<IpvsOperation['kind'], DriftKind> = {
  'add-service': 'virtual-server-missing',
  'edit-service': 'virtual-server-changed',
  'delete-service': 'virtual-server-unexpected',
  'add-destination': 'real-server-missing',
  'edit-destination': 'real-server-changed',
  'delete-destination': 'real-server-unexpected',
};

/**
 * Of the operations that one virtual server needs by a new reading, those that were not `expected` by what was known
 * before. Real servers that went with their virtual server are not counted again, nor is the end of a drain.
 */
export function driftOf(
  needed: readonly IpvsOperation[],
  expected: readonly IpvsOperation[],
  wanted: VirtualServer | undefined,
): Drift[] {
  const known = new Set(expected.map(formatOperation));
  const added = needed.some(({ kind }) => kind === 'add-service');
  return needed
    .filter((operation) => !known.has(formatOperation(operation)))
    .filter((operation) => !(added && operation.kind === 'add-destination'))
    .filter((operation) => !endsDrain(operation, wanted))
    .map((operation) => ({ kind: KIND[operation.kind], subject: subjectOf(operation) }));
}

/** Whether an operation deletes a real server that is wanted, with weight 0. */
export const endsDrain = (operation: IpvsOperation, wanted: VirtualServer | undefined): boolean =>
  operation.kind === 'delete-destination' &&
  wanted?.realServers.some((real) => realServerKey(real) === formatEndpoint(operation.destination)) === true;

/** The subjects that decide over an operation: its own, and the virtual server it belongs to. */
export const ownersOf = (operation: IpvsOperation): string[] => [
  ...new Set([virtualServerKey(operation.service), subjectOf(operation)]),
];
