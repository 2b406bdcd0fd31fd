import { connect } from 'node:net';
import type { Peer } from '../model/path.ts';
import { isUnknown } from './finding.ts';
import type { Group, Subject } from './group.ts';
import { orProblem } from './look.ts';
import { nextHopIn, type PeerFacts, peerFindings, unresolvedFindings } from './peers.ts';

/** What has no answer by then has none. */
const PATIENCE_MS = 2000;

export const peerGroup: Group = async (subject) => {
  const { problems, peers } = await subject.peers;
  const facts = await Promise.all(peers.map((peer) => peerFacts(subject, peer)));
  return [...unresolvedFindings(problems), ...facts.flatMap((one) => peerFindings(subject.config.bgp, one))];
};

async function peerFacts(subject: Subject, peer: Peer): Promise<PeerFacts> {
  const [network, { ways }, { answer }] = await Promise.all([subject.network, subject.peers, subject.gobgpd]);
  if (isUnknown(network)) throw new Error(network.problem);
  const way = ways.get(peer.address);
  const session = isUnknown(answer) ? undefined : answer.peers.find(({ address }) => address === peer.address);
  const isLeftAlone = isUnknown(answer) ? !answer.absent : session !== undefined && session.state !== 'unknown';
  const mayAsk = !isLeftAlone && way?.type === 'unicast' && peer.password === undefined && !peer.passive;
  return {
    peer,
    way,
    session,
    answered: mayAsk ? await orProblem(answers(peer)) : undefined,
    ...nextHopIn(network, peer.address, way),
  };
}

/**
 * Opens a connection and closes it, as a port scanner does. To the switch that is a neighbour that has not said a word
 * of BGP: no session ends for it. Where gobgpd has the peer, its session tells more, and nobody is asked.
 */
function answers({ address, localAddress, port }: Peer): Promise<true> {
  const { promise, resolve, reject } = Promise.withResolvers<true>();
  const socket = connect({ host: address, port, ...(localAddress !== undefined && { localAddress }) });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
  socket.once('error', reject).once('connect', () => {
    resolve(true);
    socket.destroy();
  });
  return promise;
}
