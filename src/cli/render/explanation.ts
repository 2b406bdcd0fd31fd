import type {
  AddressExplanation,
  EndpointExplanation,
  Explanation,
  ServerExplanation,
  Verdict,
} from '../../model/explain/explanation.ts';
import { STATE_STYLE } from './headline.ts';
import { paint, type Screen, type Style } from './screen.ts';
import { type Cell, section } from './table.ts';
import { bytes, countOf, hanging, whole } from './text.ts';

const VERDICT_STYLE: Readonly<Record<Verdict, Style>> = {
  served: 'green',
  'partly-served': 'yellow',
  'not-announced': 'red',
  'not-served': 'red',
};

/** Why a Service is served or why not, as text for people: the verdict on top, what it is made of below. */
export function renderExplanation(screen: Screen, explanation: Explanation): string {
  const sections = [
    head(screen, explanation),
    addressSection(screen, explanation.addresses),
    ...explanation.virtualServers.map((server) => serverSection(screen, server)),
    leftOut(screen, explanation),
  ];
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${shown.join('\n\n')}\n`;
}

function head(screen: Screen, { others, query, service, verdict, why }: Explanation): string[] {
  const name = service === undefined ? query : `Service ${service}`;
  const text = `${name}: ${verdict.replaceAll('-', ' ')}: ${why}`;
  const also = service === undefined ? 'did you mean' : 'of the same address';
  return [
    ...hanging('', text, screen.width, '  ').map((line) => paint(screen, VERDICT_STYLE[verdict], line)),
    ...(others.length === 0 ? [] : hanging(`  ${also}: `, others.join(', '), screen.width, '    ')),
  ];
}

function addressSection(screen: Screen, addresses: readonly AddressExplanation[]): string[] {
  const columns = ['ADDRESS', 'AS', 'ANNOUNCED', 'PEERS TOLD'].map((title) => ({ title }));
  const rows = addresses.map(({ address, announced, kinds, refused }): Cell[] => {
    const as = kinds.map((kind) => KIND[kind]).join(', ');
    if (refused) return [address, as, [`left out: ${refused.reason}`, 'yellow'], ''];
    if (announced === undefined) return [address, as, ['by nobody here', 'yellow'], ''];
    const { peers, prefix, state, told } = announced;
    return [address, as, [`${state} in ${prefix}`, STATE_STYLE[state]], `${told} of ${peers}`];
  });
  return section(screen, 'Addresses', columns, rows);
}

const KIND = { clusterIPs: 'ClusterIP', externalIPs: 'external IP', loadBalancerIPs: 'load balancer' } as const;

function serverSection(screen: Screen, server: ServerExplanation): string[] {
  const { endpoints, key, name, policy } = server;
  const title = `${key}${name === '' ? '' : ` (port ${name})`}${policy === 'local' ? ', traffic policy Local' : ''}`;
  const columns = [
    { title: 'ENDPOINT' },
    { title: 'NODE' },
    { title: 'STATE' },
    { title: 'HERE' },
    { title: 'WEIGHT', right: true },
    { title: 'ACTIVE', right: true },
    { title: 'OTHER', right: true },
  ] as const;
  const [, ...table] = section(screen, '', columns, endpoints.map(endpointRow));
  return [
    ...hanging('', title, screen.width, '  ').map((line) => paint(screen, 'bold', line)),
    ...hanging('  ', kernelLine(server), screen.width),
    ...table,
  ];
}

function kernelLine({ endpoints, inKernel, lack, load }: ServerExplanation): string {
  const taking = endpoints.filter(({ use }) => use === 'takes').length;
  const served =
    lack === undefined ? `${countOf(taking, 'endpoint')} of ${endpoints.length} in use` : `refused: ${lack}`;
  if (load === undefined)
    return `${served}; ${inKernel === undefined ? 'the kernel is not read' : 'not in the kernel'}`;
  const { active, inactive, opened, perSecond } = load;
  const flow = `${whole(perSecond.connections)} new/s, in ${bytes(perSecond.bytesIn)}/s, out ${bytes(perSecond.bytesOut)}/s`;
  const open = `${whole(active)} active and ${countOf(inactive, 'other connection')}, ${whole(opened)} ever`;
  return `${served}; in the kernel: ${open}, ${flow}`;
}

const USE_STYLE = { takes: 'green', drains: 'yellow', unused: 'dim' } as const;

function endpointRow({ endpoint, held, state, use, why }: EndpointExplanation): Cell[] {
  const here = use === 'takes' && why === 'ready' ? 'in use' : `${use}: ${why}`;
  const counts = held ? [held.weight, held.active, held.inactive].map(whole) : ['-', '-', '-'];
  return [endpoint, state?.nodeName ?? '-', stateOf(state), [here, USE_STYLE[use]], ...counts];
}

function stateOf(state: EndpointExplanation['state']): string {
  if (state === undefined) return 'gone';
  const { forNodes, forZones, ready, serving, terminating } = state;
  const meant = [...forNodes.map((node) => `for node ${node}`), ...forZones.map((zone) => `for zone ${zone}`)];
  const phase = terminating ? `terminating, ${serving ? 'serving' : 'not serving'}` : ready ? 'ready' : 'not ready';
  return [phase, ...meant].join(', ');
}

const leftOut = (screen: Screen, { skipped }: Explanation): string[] =>
  section(
    screen,
    'Left out',
    ['OBJECT', 'REASON', 'DETAIL'].map((title) => ({ title })),
    skipped.map(({ detail, object, reason }) => [object, reason, detail]),
  );
