import { text as readAll } from 'node:stream/consumers';
import { announcedHosts } from '../agent/wanted-bgp.ts';
import type { AnnouncementConfig, Config, NodeSelector, PeerConfig, PeerPlace } from '../config/config.ts';
import { parseWithin } from '../config/config-map.ts';
import { editorSchema } from '../config/json-schema.ts';
import { invalid, parseHere, readText } from '../config/load.ts';
import type { ConfigProblem } from '../config/problem.ts';
import type { ExitCode } from './main.ts';

/**
 * `fairlead config check FILE`: says that the file is good, and what it means. Throws `config-invalid` with the problems in
 * it. The manifest of a ConfigMap stands for the file in it.
 *
 * @param file `-` for the standard input
 * @param json whether to write `{"good": ..., "problems": [...]}` in place of sentences, and end with 2 for a bad one
 */
export async function checkConfig(file: string, json: boolean): Promise<ExitCode> {
  const text = file === '-' ? await readAll(process.stdin) : await readText(file);
  const { config, problems } = parseWithin(text, (inner) => parseHere(inner));
  if (json) return writeProblems(problems ?? []);
  if (problems) throw invalid(problems, file);
  const lines = summary(config).map((line) => `  ${line}\n`);
  process.stdout.write(`${file}: good\n${lines.join('')}`);
  return 0;
}

function writeProblems(problems: readonly ConfigProblem[]): ExitCode {
  process.stdout.write(`${JSON.stringify({ good: problems.length === 0, problems })}\n`);
  return problems.length === 0 ? 0 : 2;
}

/** `fairlead config schema`: the JSON Schema of the file. */
export function printSchema(): ExitCode {
  process.stdout.write(editorSchema());
  return 0;
}

/** A line for each thing that is announced, and for each peer. */
function summary(config: Config): string[] {
  const { announcement, bgp, ranges, rangesFrom } = config;
  const singles = announcedHosts(config).map((prefix) =>
    sentence(`announces single addresses in ${prefix}`, carried(announcement.services.attributes)),
  );
  return [
    ...(rangesFrom === 'service-cidrs' ? [sentence(AUTO, carried(announcement.otherAttributes))] : []),
    ...ranges.map((range) => sentence(`announces ${range}`, carried(announcement.attributes[range]))),
    ...singles,
    ...announcement.weight.map(({ nodes, weight }) => sentence(`with weight ${weight}`, where(nodes))),
    ...bgp.peers.map((peer) => sentence(`to ${named(peer.place)}`, sessionOf(peer, bgp.localAs))),
    ...bgp.accept.map((prefix) => `lets in ${prefix}`),
  ];
}

const AUTO = 'announces what the ServiceCIDRs of the cluster say, each prefix of each object';

const sentence = (subject: string, words: readonly string[]): string => [subject, ...words].join(', ');

function carried(attributes: AnnouncementConfig['attributes'][string] | undefined): string[] {
  const { communities = [], largeCommunities = [], localPref, med, prepend } = attributes ?? {};
  return [
    ...[...communities, ...largeCommunities].map((community) => `community ${community}`),
    ...(med === undefined ? [] : [`MED ${med}`]),
    ...(localPref === undefined ? [] : [`local preference ${localPref}`]),
    ...(prepend === undefined ? [] : [`prepended ${prepend} times`]),
  ];
}

function named(place: PeerPlace): string {
  if (place.kind === 'address') return place.address;
  const { family, interface: name } = place;
  return `the ${family === 'ipv4' ? 'IPv4' : 'IPv6'} gateway${name === undefined ? '' : ` through ${name}`}`;
}

function sessionOf(peer: PeerConfig, localAs: number): string[] {
  const { bfd, gracefulRestart, multihopTtl, nodes } = peer;
  return [
    `AS ${peer.as} (${peer.as === localAs ? 'iBGP' : 'eBGP'})`,
    `hold time ${peer.holdTimeSeconds}s`,
    ...(bfd ? [`BFD ${bfd.intervalMs}ms x ${bfd.multiplier}`] : []),
    ...(gracefulRestart ? [`graceful restart ${gracefulRestart.restartTimeSeconds}s`] : []),
    ...(peer.passwordFile === undefined ? [] : [`password from ${peer.passwordFile}`]),
    ...(peer.ttlSecurity ? ['GTSM'] : []),
    ...(multihopTtl === undefined ? [] : [`TTL ${multihopTtl}`]),
    ...(peer.passive ? ['passive'] : []),
    ...where(nodes),
  ];
}

function where(nodes: NodeSelector | undefined): string[] {
  if (nodes === undefined) return [];
  const labels = Object.entries(nodes.labels).map(([key, value]) => `${key}=${value}`);
  const meant = [...nodes.names, ...(labels.length === 0 ? [] : [labels.join(' and ')])];
  return [`on nodes ${meant.join(' or ')}`];
}
