import { release } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { orProblem, textIn } from './look.ts';
import type { ProgramFacts } from './program.ts';
import type { Unknown } from './finding.ts';

export async function programFacts(): Promise<ProgramFacts> {
  return {
    node: process.versions.node,
    wantedNode: packageJson.engines.node.replace(/^\D+/, ''),
    kernel: release(),
    capabilities: await orProblem(effective()),
    native: await nativeProblem(),
  };
}

async function effective(): Promise<bigint> {
  const [, bits] = /^CapEff:\s*([0-9a-f]+)$/m.exec(textIn('/proc/self/status') ?? '') ?? [];
  if (bits === undefined) throw new Error('/proc/self/status has no CapEff');
  return BigInt(`0x${bits}`);
}

/** The one binary of ours that is not of Node itself. */
async function nativeProblem(): Promise<Unknown | undefined> {
  const loaded = await orProblem(import('../dataplane/netlink/libc.ts'));
  return 'problem' in loaded ? loaded : undefined;
}
