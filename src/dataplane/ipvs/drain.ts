import type { IpvsDestination, IpvsService } from './want.ts';

/** Since when each real server of one virtual server has been seen draining, by its key; milliseconds of any clock. */
export type Drains = ReadonlyMap<string, number>;

const NONE: Drains = new Map();

/** Of a service that stands, the destinations that are wanted with weight 0, each with the time it was first seen so. */
export function stepDrains(
  drains: Drains | undefined,
  wanted: IpvsService | undefined,
  actual: IpvsService | undefined,
  at: number,
): Drains {
  if (wanted === undefined || actual === undefined) return NONE;
  const draining = [...wanted.destinations].filter(([key, { weight }]) => weight === 0 && actual.destinations.has(key));
  return draining.length === 0 ? NONE : new Map(draining.map(([key]) => [key, drains?.get(key) ?? at]));
}

/**
 * What the kernel should hold of a wanted service: a real server of weight 0 keeps its connections if it stands, for
 * as long as it has any and at most `drainMs`, and is never added.
 */
export function withDrains(
  wanted: IpvsService,
  actual: IpvsService | undefined,
  drains: Drains,
  at: number,
  drainMs: number,
): IpvsService {
  const stays = ([key, { weight }]: [string, IpvsDestination]): boolean => {
    if (weight > 0) return true;
    const found = actual?.destinations.get(key);
    return found !== undefined && !isIdle(found) && at - (drains.get(key) ?? at) < drainMs;
  };
  const destinations = [...wanted.destinations].filter(stays);
  return destinations.length === wanted.destinations.size ? wanted : { ...wanted, destinations: new Map(destinations) };
}

/** Before it has weight 0, a new connection may come in behind the reading. */
const isIdle = ({ connections, weight }: IpvsDestination): boolean => weight === 0 && connections === 0;
