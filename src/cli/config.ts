import type { AnnouncementConfig, Config, NodeSelector, PeerConfig, PeerPlace } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { ExitCode } from './main.ts';

/** `fairlead config check FILE`: says that the file is good, and what it means. Throws `config-invalid` with every problem in it. */
export async function checkConfig(file: string): Promise<ExitCode> {
  process.stdout.write(
    `${file}: good\n${summary(await loadConfig(file))
      .map((line) => `  ${line}\n`)
      .join('')}`,
  );
  return 0;
}

/** A line for each range and each peer: what is announced, and over what kind of session. */
function summary({ announcement, bgp, ranges }: Config): string[] {
  return [
    ...ranges.map((range) => sentence(`announces ${range}`, carried(announcement.attributes[range]))),
    ...bgp.peers.map((peer) => sentence(`to ${named(peer.place)}`, sessionOf(peer, bgp.localAs))),
  ];
}

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
    ...(nodes ? [`on nodes ${selected(nodes)}`] : []),
  ];
}

const selected = ({ labels, names }: NodeSelector): string =>
  [
    ...names,
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' and '),
  ]
    .filter(Boolean)
    .join(' or ');
