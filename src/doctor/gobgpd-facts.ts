import { runCommand } from '../dataplane/command.ts';
import { CallError } from '../bgp/client.ts';
import { connectGobgp } from '../bgp/connect.ts';
import { patiently } from '../bgp/held-prefixes.ts';
import { peerStatuses } from '../bgp/peer-status.ts';
import { readHeld } from '../bgp/read.ts';
import type { Config } from '../config/config.ts';
import { explain } from '../model/error.ts';
import type { Peer } from '../model/path.ts';
import type { GobgpdAnswer, GobgpdFacts } from './gobgpd.ts';
import { orProblem } from './look.ts';
import { isListening, readListeners } from './sockets-facts.ts';

/** Asks gobgpd what it holds. Never rejects. */
export async function gobgpdFacts({ bgp, deadman }: Config, peers: readonly Peer[]): Promise<GobgpdFacts> {
  const [program, answer] = await Promise.all([
    orProblem(runCommand(['gobgpd', '--version']).then((text) => text.replace(/^gobgpd version /, '').trim())),
    answerOf(bgp, peers),
  ]);
  return { program, answer, listeners: readListeners(), deadman: isListening(deadman.socket) };
}

async function answerOf(bgp: Config['bgp'], peers: readonly Peer[]): Promise<GobgpdFacts['answer']> {
  const api = connectGobgp({ target: bgp.gobgp, tls: bgp.tls });
  try {
    const held = await patiently(() => readHeld(api));
    const { version } = api;
    const nothing = { advertised: new Map(), accepted: new Map() };
    const statuses = peerStatuses(held, { accept: [], peers }, nothing, version);
    return { version, global: held.global, peers: statuses } satisfies GobgpdAnswer;
  } catch (error) {
    const known = error instanceof CallError ? error : undefined;
    return { problem: explain(error), hint: known?.hint, absent: known?.outcome === 'absent' };
  } finally {
    api.close();
  }
}
