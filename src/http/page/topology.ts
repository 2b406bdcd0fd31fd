import type { PeerStatus } from '../../model/path.ts';
import type { Status } from '../../model/status.ts';
import type { Traffic } from '../../model/traffic.ts';
import { type Html, html } from './html.ts';
import { announcementTone, bfdWords, peerTone, SIGN, STATE_TONE, type Tone } from './states.ts';
import { count, counted, shortened } from './words.ts';

/** One box of the picture. */
interface Box {
  readonly tone: Tone;
  readonly title: string;
  readonly lines: readonly string[];
  /** Whether it is this node. */
  readonly own?: boolean;
}

/** A picture for a wide screen and one for a narrow one, of which the style shows one; letters are as large in both. */
interface Size {
  readonly name: string;
  readonly width: number;
  readonly columns: number;
}

const SIZES: readonly Size[] = [
  { name: 'wide', width: 720, columns: 4 },
  { name: 'narrow', width: 350, columns: 2 },
];
const GAP = 14;
const BOX = 66;
const BUS = 74;
const MOST_SWITCHES = 8;
const MOST_OTHERS = 11;

/** Who sends here, who is here, and what is behind: the switches, the lb nodes, the pods. */
export function topologySection(status: Status, traffic: Traffic): Html {
  const switches = withRest(status.peers.map(switchBox), MOST_SWITCHES, 'switches');
  const nodes = [ownBox(status), ...withRest(otherBoxes(status), MOST_OTHERS, 'nodes')];
  return html`${SIZES.map((size) => picture(size, { switches, nodes, status, traffic }))}`;
}

const switchBox = (peer: PeerStatus): Box => ({
  tone: peerTone(peer),
  title: peer.address,
  lines: [`switch, AS ${peer.as}`, [peer.state, bfdWords(peer)].filter((word) => word !== undefined).join(', ')],
});

const ownBox = (status: Status): Box => ({
  tone: announcementTone(status),
  title: status.node,
  lines: ['this node', status.announcement.state],
  own: true,
});

function otherBoxes({ census }: Status): Box[] {
  if (census.known) {
    return census.others.map(({ node, state }) => ({
      tone: STATE_TONE[state],
      title: node,
      lines: ['lb node', state],
    }));
  }
  return (census.last?.others ?? []).map(({ node, state }) => ({
    tone: 'neutral',
    title: node,
    lines: ['when last heard of', state],
  }));
}

function withRest(boxes: readonly Box[], most: number, many: string): Box[] {
  if (boxes.length <= most) return [...boxes];
  const rest: Box = { tone: 'neutral', title: `${count(boxes.length - most + 1)} more`, lines: [many, 'see below'] };
  return [...boxes.slice(0, most - 1), rest];
}

interface Drawn {
  readonly switches: readonly Box[];
  readonly nodes: readonly Box[];
  readonly status: Status;
  readonly traffic: Traffic;
}

function picture(size: Size, { nodes, status, switches, traffic }: Drawn): Html {
  const above = placed(switches, size, 0);
  const bus = above.bottom + BUS / 2;
  const below = placed(nodes, size, above.bottom + BUS);
  const podsBus = below.bottom + 20;
  const height = podsBus + 20 + BOX;
  const middle = size.width / 2;
  return html`<svg
    class="topology ${size.name}"
    viewBox="0 0 ${size.width} ${height}"
    role="img"
    aria-label="${inWords(switches, nodes, status)}"
  >
    ${above.boxes.map((box) => wire(box, box.y + BOX, bus))}${below.boxes.toReversed().map((box) => wire(box, bus, box.y))}
    <path class="bus" d="M${edges([...above.boxes, ...below.boxes], middle, bus)}" />
    ${below.boxes.map((box) => html`<path class="bus" d="M${box.middle} ${box.y + BOX}V${podsBus}" />`)}
    <path class="bus" d="M${edges(below.boxes, middle, podsBus)}M${middle} ${podsBus}v20" />
    ${rangeLabel(status, size, bus)}${[...above.boxes, ...below.boxes].map(drawn)}${drawn(podsBox(status, traffic, size, podsBus + 20))}
  </svg>`;
}

interface Placed extends Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly middle: number;
}

/** In rows from `top` on, each row centred. */
function placed(boxes: readonly Box[], { columns, width }: Size, top: number): { boxes: Placed[]; bottom: number } {
  const each = (width - GAP * (columns - 1)) / columns;
  const rows = Math.ceil(boxes.length / columns);
  const at = boxes.map((box, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, boxes.length - row * columns);
    const left = (width - inRow * each - (inRow - 1) * GAP) / 2;
    const x = left + (index % columns) * (each + GAP);
    return { ...box, x, y: top + row * (BOX + GAP), width: each, middle: x + each / 2 };
  });
  return { boxes: at, bottom: top + Math.max(0, rows * (BOX + GAP) - GAP) };
}

/** The colour and the dashes say how good a box is. */
const wire = ({ middle, tone }: Placed, from: number, to: number): Html =>
  html`<path class="wire ${tone}" d="M${middle} ${from}V${to}" />`;

function edges(boxes: readonly Placed[], middle: number, y: number): string {
  const all = [middle, ...boxes.map((box) => box.middle)];
  return `${Math.min(...all)} ${y}H${Math.max(...all)}`;
}

function rangeLabel({ announcedAddresses, ranges }: Status, { width }: Size, y: number): Html {
  const more = ranges.length - 2 + (announcedAddresses > 0 ? 1 : 0);
  const named = ranges.slice(0, 2).join('  ');
  const text = shortened(named === '' ? 'no range is known' : more > 0 ? `${named}  and more` : named, width / 8);
  const wide = text.length * 8 + 20;
  return html`<rect class="range" x="${(width - wide) / 2}" y="${y - 14}" width="${wide}" height="28" rx="14" /><text
      class="mono"
      x="${width / 2}"
      y="${y + 5}"
      >${text}</text
    >`;
}

function podsBox({ virtualServers }: Status, traffic: Traffic, { width }: Size, y: number): Placed {
  const realServers = virtualServers.reduce((sum, server) => sum + server.realServers.length, 0);
  const served = `${counted(virtualServers.length, 'virtual server')}, ${counted(realServers, 'real server')}`;
  const lines = [served, traffic.known ? counted(traffic.total.active, 'connection') : ''];
  const box = { tone: 'neutral', title: 'Pods', lines } as const;
  const wide = Math.min(width, 350);
  return { ...box, x: (width - wide) / 2, y, width: wide, middle: width / 2 };
}

function drawn({ lines, middle, own, title, tone, width, x, y }: Placed): Html {
  const [first, second] = lines;
  const room = Math.floor((width - 12) / 7);
  return html`<g
    ><title>${title}: ${lines.join(', ')}</title
    ><rect
      class="box ${tone}${own ? ' own' : ''}"
      x="${x + 1}"
      y="${y + 1}"
      width="${width - 2}"
      height="${BOX - 2}"
      rx="6"
    />
    <text class="title" x="${middle}" y="${y + 21}">${shortened(title, room - 2)}</text
    ><text class="kind" x="${middle}" y="${y + 38}">${first}</text>
    <text class="${tone}" x="${middle}" y="${y + 55}"
      >${tone === 'neutral' ? '' : `${SIGN[tone]} `}${shortened(second ?? '', room)}</text
    ></g
  >`;
}

const inWords = (switches: readonly Box[], nodes: readonly Box[], { ranges }: Status): string =>
  `Switches: ${named(switches)}. Nodes: ${named(nodes)}. Ranges: ${ranges.join(', ') || 'none'}.`;

const named = (boxes: readonly Box[]): string =>
  boxes.map(({ lines, title }) => `${title} (${lines.join(', ')})`).join('; ') || 'none';
