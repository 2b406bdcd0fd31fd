import { PLAIN, type Screen } from '../../../../src/cli/render/screen.ts';
import { renderStatus } from '../../../../src/cli/render/one-node.ts';
import type { Status } from '../../../../src/model/status.ts';
import { addLoads, type Load, NO_LOAD, type Traffic } from '../../../../src/model/traffic.ts';
import { virtualServerKey } from '../../../../src/model/virtual-server.ts';
import { STATUS } from '../../http/status.ts';

export const load = (active: number, connections = 0, bytesIn = 0): Load => ({
  ...NO_LOAD,
  active,
  perSecond: { ...NO_LOAD.perSecond, connections, bytesIn, bytesOut: 100 * bytesIn },
});

/** What passes through the virtual servers of a status; nothing where nothing else is said. */
export function trafficOf({ virtualServers }: Status, loads: Readonly<Record<string, Load>> = {}): Traffic {
  const all = Object.fromEntries(virtualServers.map(virtualServerKey).map((key) => [key, loads[key] ?? NO_LOAD]));
  return { known: true, at: STATUS.at, total: Object.values(all).reduce(addLoads, NO_LOAD), virtualServers: all };
}

export const render = (status: Status, traffic = trafficOf(status), screen: Partial<Screen> = {}): string =>
  renderStatus({ ...PLAIN, ...screen }, status, traffic);

/** The lines of one section, without its title. */
export function sectionOf(text: string, title: string): string[] {
  const found = text.split('\n\n').find((section) => section.split('\n')[0]?.startsWith(title));
  return found?.trimEnd().split('\n').slice(1) ?? [];
}
