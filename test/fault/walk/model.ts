import type { Random } from '../../kernel/random.ts';
import { type Lb, LBS } from '../cluster.ts';

/** A program of a node: `frozen` by SIGSTOP. */
type Program = 'running' | 'dead' | 'frozen';

interface NodeModel {
  readonly agent: Program;
  readonly gobgpd: Program;
  readonly link: 'up' | 'down';
  readonly path: 'open' | 'blocked';
  readonly drain: 'off' | 'on';
  /** Whether somebody has changed its tables since an agent last looked after them. */
  readonly tables: 'right' | 'wrong';
}

/** What the walk has broken so far and not mended yet. */
export interface Model {
  readonly nodes: Readonly<Record<Lb, NodeModel>>;
  readonly api: 'up' | 'down';
}

const WELL: NodeModel = {
  agent: 'running',
  gobgpd: 'running',
  link: 'up',
  path: 'open',
  drain: 'off',
  tables: 'right',
};

export const wholeModel: Model = { nodes: { lb1: WELL, lb2: WELL, lb3: WELL }, api: 'up' };

/** One step of the walk. */
export type Step =
  | { readonly on: Lb; readonly do: NodeStep }
  | { readonly on: 'api'; readonly do: 'kill' | 'start' | 'change-endpoints' };

type NodeStep =
  | 'delete-snat'
  | 'flush-ipvs'
  | 'delete-range-route'
  | 'block-path'
  | 'unblock-path'
  | 'kill-agent'
  | 'start-agent'
  | 'freeze-agent'
  | 'continue-agent'
  | 'kill-gobgpd'
  | 'start-gobgpd'
  | 'freeze-gobgpd'
  | 'continue-gobgpd'
  | 'cut-link'
  | 'join-link'
  | 'drain'
  | 'undrain';

/** What can be done to a node, by what it needs to be true before, and what is true then. */
const NODE_STEPS: Readonly<Record<NodeStep, readonly [needs: Partial<NodeModel>, becomes: Partial<NodeModel>]>> = {
  'delete-snat': [{ tables: 'right' }, { tables: 'wrong' }],
  'flush-ipvs': [{ tables: 'right' }, { tables: 'wrong' }],
  'delete-range-route': [{ tables: 'right' }, { tables: 'wrong' }],
  'block-path': [{ path: 'open' }, { path: 'blocked' }],
  'unblock-path': [{ path: 'blocked' }, { path: 'open' }],
  'kill-agent': [{ agent: 'running' }, { agent: 'dead' }],
  'start-agent': [{ agent: 'dead' }, { agent: 'running' }],
  'freeze-agent': [{ agent: 'running' }, { agent: 'frozen' }],
  'continue-agent': [{ agent: 'frozen' }, { agent: 'running' }],
  'kill-gobgpd': [{ gobgpd: 'running' }, { gobgpd: 'dead' }],
  'start-gobgpd': [{ gobgpd: 'dead' }, { gobgpd: 'running' }],
  'freeze-gobgpd': [{ gobgpd: 'running' }, { gobgpd: 'frozen' }],
  'continue-gobgpd': [{ gobgpd: 'frozen' }, { gobgpd: 'running' }],
  'cut-link': [{ link: 'up' }, { link: 'down' }],
  'join-link': [{ link: 'down' }, { link: 'up' }],
  drain: [{ drain: 'off' }, { drain: 'on' }],
  undrain: [{ drain: 'on' }, { drain: 'off' }],
};

const MENDS: ReadonlySet<string> = new Set<Step['do']>([
  'unblock-path',
  'start-agent',
  'continue-agent',
  'start-gobgpd',
  'continue-gobgpd',
  'join-link',
  'undrain',
  'start',
]);

/** Everything that can be done next. Who drains is told by the API server. */
function possible({ api, nodes }: Model): Step[] {
  const onApi = (['kill', 'change-endpoints'] as const).map((one) => ({ on: 'api', do: one }) as const);
  return [
    ...LBS.flatMap((on) => possibleOn(nodes[on], api).map((one) => ({ on, do: one }))),
    ...(api === 'up' ? onApi : [{ on: 'api', do: 'start' } as const]),
  ];
}

const possibleOn = (node: NodeModel, api: Model['api']): NodeStep[] =>
  (Object.keys(NODE_STEPS) as NodeStep[])
    .filter((one) => api === 'up' || (one !== 'drain' && one !== 'undrain'))
    .filter((one) => matches(node, NODE_STEPS[one][0]));

const matches = (node: NodeModel, needs: Partial<NodeModel>): boolean =>
  Object.entries(needs).every(([key, value]) => node[key as keyof NodeModel] === value);

/** The state after a step. An agent that runs puts its tables right. */
export function after(model: Model, step: Step): Model {
  if (step.on === 'api')
    return step.do === 'change-endpoints' ? model : { ...model, api: step.do === 'kill' ? 'down' : 'up' };
  const changed = { ...model.nodes[step.on], ...NODE_STEPS[step.do][1] };
  const node = changed.agent === 'running' ? { ...changed, tables: 'right' as const } : changed;
  return { ...model, nodes: { ...model.nodes, [step.on]: node } };
}

/** The lb nodes that have every reason to announce. */
export const able = ({ nodes }: Model): Lb[] => LBS.filter((lb) => matches(nodes[lb], WELL));

/** The lb nodes on which an agent and a gobgpd run. */
export const watched = ({ nodes }: Model): Lb[] =>
  LBS.filter((lb) => matches(nodes[lb], { agent: 'running', gobgpd: 'running' }));

/** How many things are broken beyond which the next step mends one. */
const MOST_BROKEN = 4;

/** The next step, by chance: the more is broken, the sooner something is mended. */
export function choose(model: Model, random: Random): Step {
  const [mends, faults] = partition(possible(model), ({ do: what }) => MENDS.has(what));
  return random.chance(mends.length / MOST_BROKEN) ? random.pick(mends) : random.pick(faults);
}

function partition<T>(items: readonly T[], fits: (item: T) => boolean): [T[], T[]] {
  return [items.filter(fits), items.filter((item) => !fits(item))];
}

/** The steps that make everything whole again. */
export function mendingAll(model: Model): Step[] {
  const steps: Step[] = [];
  for (let now = model; ;) {
    const next = possible(now).find(({ do: what }) => MENDS.has(what));
    if (next === undefined) return steps;
    steps.push(next);
    now = after(now, next);
  }
}

export const describeStep = ({ do: what, on }: Step): string => `${on} ${what}`;
