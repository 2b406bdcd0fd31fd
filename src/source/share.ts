import type { ServicePort } from '../model/snapshot.ts';

/** Far more than a cluster has at a time: the names of its nodes, Services and namespaces. */
const MOST = 131_072;

/**
 * One value for all that are equal. Each object that is decoded comes with texts of its own, and in a large cluster they are
 * the same ones ten thousand times over: 10,000 slices with 10 endpoints name 500 nodes in 100,000 texts.
 * @param keyOf what tells two values apart
 */
function sharing<T>(keyOf: (value: T) => string): (value: T) => T {
  const shared = new Map<string, T>();
  return (value) => {
    const key = keyOf(value);
    const known = shared.get(key);
    if (known !== undefined) return known;
    // What comes and goes over the months may not add up. Values in use stay as they are.
    if (shared.size >= MOST) shared.clear();
    shared.set(key, value);
    return value;
  };
}

export const shareText = sharing((text: string) => text);

/** Most Services and slices have the one port `http`, or a few others that many have. */
export const sharePorts = sharing((ports: readonly ServicePort[]) =>
  ports.map(({ name, port, protocol }) => `${protocol} ${port} ${JSON.stringify(name)}`).join('\n'),
);
