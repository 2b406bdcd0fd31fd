import type { NodeSelector } from '../config/config.ts';

/** The labels of a Node. */
export type Labels = Readonly<Record<string, string>>;

/** What tells one node from the others; the labels are undefined while nobody has said what they are. */
export interface NodeIdentity {
  readonly node: string;
  readonly labels: Labels | undefined;
}

/** Whether this node is meant; undefined while that depends on labels that are not known. Without a selector, all are. */
export function isSelected(selector: NodeSelector | undefined, { labels, node }: NodeIdentity): boolean | undefined {
  if (selector === undefined || selector.names.includes(node)) return true;
  const asked = Object.entries(selector.labels);
  if (asked.length === 0) return false;
  return labels && asked.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}
