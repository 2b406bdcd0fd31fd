import { existsSync, rmSync } from 'node:fs';
import type { Prefix } from '../model/address.ts';
import { removeFirewalls } from './firewall/remove.ts';
import { removeVirtualServers } from './ipvs/remove.ts';
import { Links } from './netlink/link.ts';
import { attempt, type PartReport } from './part.ts';
import { restoreSysctls } from './sysctl/apply.ts';
import { RangeRoutes } from './vip/apply.ts';

/** What tells ours from what belongs to others. */
export interface Ownership {
  /** Prefixes inside of which every virtual server is ours. */
  readonly prefixes: readonly Prefix[];
  /** Interfaces that only an agent makes. */
  readonly links: readonly string[];
  /** Files that are of no use without an agent. */
  readonly files: readonly string[];
  /** The file with the values that kernel settings had before they were changed. */
  readonly originals: string;
}

/** What was taken out of one part of this node. */
export interface Removal extends PartReport {
  readonly part: (typeof ORDER)[number];
}

/** The routes that attract traffic go first, and the rest in the other order than it was put there. */
const ORDER = ['routes', 'ipvs', 'firewall', 'sysctl', 'links', 'files'] as const;

/**
 * Takes everything of fairlead's out of this network namespace, and nothing of others. What a kernel does not have is
 * not loaded for it. What cannot be removed is a problem of its part and stops no other. Never rejects.
 */
export async function removeAll({ files, links, originals, prefixes }: Ownership): Promise<Removal[]> {
  const bound: Prefix[] = [];
  const steps: Record<Removal['part'], () => Promise<PartReport>> = {
    routes: () => removeRoutes(bound),
    ipvs: () => removeVirtualServers([...prefixes, ...bound]),
    firewall: removeFirewalls,
    sysctl: () => restoreSysctls(originals),
    links: async () => removeLinks(links),
    files: async () => removeFiles(files),
  };
  const removals: Removal[] = [];
  for (const part of ORDER) removals.push({ part, ...(await attempt(steps[part])) });
  return removals;
}

/** Adds the prefixes that were bound to `bound`: an earlier configuration may have had others. */
async function removeRoutes(bound: Prefix[]): Promise<PartReport> {
  const routes = new RangeRoutes();
  try {
    bound.push(...routes.read().map(({ prefix }) => prefix));
    return await routes.remove();
  } finally {
    routes.close();
  }
}

/** A veth ends with its network namespace, unless somebody else holds that. */
function removeLinks(names: readonly string[]): PartReport {
  const links = new Links();
  try {
    const present = [...links.present(names)];
    for (const name of present) links.deleteLink(name);
    const left = [...links.present(names)].map((name) => `still to do: delete ${name}`);
    return { changes: present.map((name) => `delete ${name}`), problems: left };
  } finally {
    links.close();
  }
}

function removeFiles(files: readonly string[]): PartReport {
  const present = files.filter((file) => existsSync(file));
  for (const file of present) rmSync(file);
  return { changes: present.map((file) => `delete ${file}`), problems: [] };
}
