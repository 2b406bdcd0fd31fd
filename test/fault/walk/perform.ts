import {
  blockPath,
  continueGobgpd,
  cutLink,
  deleteRangeRoute,
  deleteSnat,
  flushIpvs,
  freezeGobgpd,
  joinLink,
  killGobgpd,
  unblockPath,
} from '../actions.ts';
import { FACTS, type Lb, nodeObject, PODS, webSlices } from '../cluster.ts';
import type { Stage } from '../stage.ts';
import type { Step } from './model.ts';

type NodeStep = Extract<Step, { on: Lb }>['do'];

const NODE_STEPS: Readonly<Record<NodeStep, (stage: Stage, lb: Lb) => Promise<unknown>>> = {
  'delete-snat': ({ lab }, lb) => deleteSnat(lab, lb),
  'flush-ipvs': ({ lab }, lb) => flushIpvs(lab, lb),
  'delete-range-route': ({ lab }, lb) => deleteRangeRoute(lab, lb),
  'block-path': ({ lab }, lb) => blockPath(lab, lb),
  'unblock-path': ({ lab }, lb) => unblockPath(lab, lb),
  'kill-agent': ({ lab }, lb) => lab.kill(lb, 'SIGKILL'),
  'start-agent': ({ lab }, lb) => lab.start(lb),
  'freeze-agent': ({ lab }, lb) => lab.kill(lb, 'SIGSTOP'),
  'continue-agent': ({ lab }, lb) => lab.kill(lb, 'SIGCONT'),
  'kill-gobgpd': ({ lab }, lb) => killGobgpd(lab, lb),
  'start-gobgpd': ({ lab }, lb) => lab.start(FACTS[lb].gobgp),
  'freeze-gobgpd': ({ lab }, lb) => freezeGobgpd(lab, lb),
  'continue-gobgpd': ({ lab }, lb) => continueGobgpd(lab, lb),
  'cut-link': ({ lab }, lb) => cutLink(lab, lb),
  'join-link': ({ lab }, lb) => joinLink(lab, lb),
  drain: ({ api }, lb) => api.put(nodeObject(lb, {}, DRAIN)),
  undrain: ({ api }, lb) => api.put(nodeObject(lb)),
};

/** What asks an agent to drain its node. */
const DRAIN = { 'fairlead.io/drain': 'true' };

/** Which pods serve, one pair after another. */
const TURNS = [[...PODS], ['10.1.0.102', '10.1.0.103'], ['10.1.0.101', '10.1.0.103']];

/** Does a step of the walk in the lab. `count` is how many came before it. */
export async function perform(stage: Stage, step: Step, count: number): Promise<void> {
  const { api } = stage;
  if (step.on !== 'api') await NODE_STEPS[step.do](stage, step.on);
  else if (step.do === 'kill') await api.down();
  else if (step.do === 'start') await api.up();
  else for (const slice of webSlices(TURNS[count % TURNS.length] ?? PODS)) await api.put(slice);
}
