import { z } from 'zod';

/** The pod of an agent, and the node it runs on. */
export interface AgentPod {
  readonly pod: string;
  readonly node: string;
  /** `Running`, or why nothing can be asked of it. */
  readonly phase: string;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      spec: z.object({ nodeName: z.string().optional() }),
      status: z.object({ phase: z.string().optional() }).optional(),
    }),
  ),
});

/** The pods of a PodList (core/v1) that are on a node, by its name. Throws a ZodError for anything else. */
export const podsIn = (list: unknown): AgentPod[] =>
  podList
    .parse(list)
    .items.flatMap(({ metadata: { deletionTimestamp, name }, spec, status }) =>
      spec.nodeName === undefined
        ? []
        : [{ pod: name, node: spec.nodeName, phase: deletionTimestamp ? 'Terminating' : (status?.phase ?? 'Unknown') }],
    )
    .toSorted((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : a.pod < b.pod ? -1 : 1));
