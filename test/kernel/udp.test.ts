import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../../lab/observe/agents.ts';
import { Lab } from '../../lab/lab.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { eventually } from './patience.ts';

const DNS = '10.99.66.53';
const RANGE = '10.99.66.0/23';
const MANIFEST = '/etc/fairlead/manifests/dns.yaml';
const POD_ADDRESS = { pod1: '10.1.0.101', pod2: '10.1.0.102' } as const;
type Pod = keyof typeof POD_ADDRESS;

/** The ports of the clients that began before any agent ran, and of those that came when both pods were there. */
const EARLY = [4001, 4002, 4003, 4004];
const LATE = [4101, 4102, 4103, 4104];
/** So many answers in a row say that a client is served. */
const IN_A_ROW = 20;

let lab: Lab;
/** The answers that each client got, by the port it asks from. */
const answers = new Map<number, { number: number; pod: string }[]>();

const lb1 = async (...argv: string[]): Promise<string> => {
  const { exitCode, stderr, stdout } = await lab.exec('lb1', argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
};

/** What conntrack of lb1 keeps of each client: the number of the entry, and where its answers are to come from. */
async function entries(): Promise<Map<number, { id: string; from: string }>> {
  const lines = (await lb1('conntrack', '-L', '-p', 'udp', '-d', DNS, '-o', 'id')).split('\n').filter(Boolean);
  const read = lines.map((line) => / sport=(\d+) .*? src=(\S+) .* id=(\d+)$/.exec(line) ?? []);
  return new Map(read.map(([, source = '', from = '', id = '']) => [Number(source), { id, from }]));
}

/** Starts clients that ask from these ports: see udp-client.mjs. */
async function startClients(sources: readonly number[]): Promise<void> {
  for (const source of sources) answers.set(source, []);
  const program = `${CHECKOUT}/test/kernel/udp-client.mjs`;
  await lab.spawn('client', ['node', '--single-threaded', program, DNS, '53', ...sources.map(String)], {
    onLine: (line) => {
      const { source, ...answer } = JSON.parse(line) as { source: number; number: number; pod: string };
      answers.get(source)?.push(answer);
    },
  });
}

/** The clients whose last datagrams a pod has answered, every one of them. */
const clientsOf = (pod: Pod): number[] =>
  [...answers].filter(([, of]) => isServedBy(pod, of.slice(-IN_A_ROW))).map(([source]) => source);

const isServedBy = (pod: Pod, last: readonly { number: number; pod: string }[]): boolean =>
  last.length === IN_A_ROW && last.every((one, n) => one.pod === pod && one.number === (last[0]?.number ?? 0) + n);

const allServedBy = (...pods: Pod[]): Promise<boolean> =>
  eventually(async () => pods.flatMap(clientsOf).length === answers.size, 30_000);

/** How many datagrams in a row stayed without an answer at most, behind the first answer of each client. */
const longestGap = (): number =>
  Math.max(
    ...[...answers.values()].flatMap((of) =>
      of.slice(1).map(({ number }, before) => number - (of[before]?.number ?? 0) - 1),
    ),
  );

const READY = '{ready: true}';
const TERMINATING = '{ready: false, serving: true, terminating: true}';

/** The manifests of the Service, with endpoints in some condition; without any, there is no slice. */
function manifests(endpoints: Partial<Record<Pod, string>>): string {
  const service = [
    'apiVersion: v1',
    'kind: Service',
    'metadata: {name: dns}',
    `spec: {clusterIP: ${DNS}, clusterIPs: [${DNS}], ports: [{name: dns, protocol: UDP, port: 53}]}`,
  ];
  const slice = [
    '---',
    'apiVersion: discovery.k8s.io/v1',
    'kind: EndpointSlice',
    'metadata: {name: dns-1, labels: {kubernetes.io/service-name: dns}}',
    'addressType: IPv4',
    'ports: [{name: dns, protocol: UDP, port: 8080}]',
    'endpoints:',
    ...Object.entries(endpoints).map(
      ([pod, conditions]) => `  - {addresses: [${POD_ADDRESS[pod as Pod]}], conditions: ${conditions}}`,
    ),
  ];
  return [...service, ...(Object.keys(endpoints).length > 0 ? slice : []), ''].join('\n');
}

beforeAll(async () => {
  lab = await Lab.up({ nodes: ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1', 'pod2'], start: false });
  // Before any agent runs, the node is reached by a static route of the switch and the range is bound by somebody
  // else. As on every node, a rule makes conntrack look at packets.
  await lab.exec('tor', ['ip', 'route', 'add', RANGE, 'via', '10.0.2.6']);
  await lb1('ip', 'route', 'add', 'local', RANGE, 'dev', 'lo');
  await lb1('iptables-legacy', '-t', 'nat', '-A', 'POSTROUTING', '-s', '192.0.2.0/24', '-j', 'MASQUERADE');
  for (const node of ['tor', 'gobgp1', 'pod1', 'pod2']) await lab.start(node);
  await startClients(EARLY);
  await eventually(async () => (await entries()).size === EARLY.length, 30_000);
  await lab.writeFile('lb1', MANIFEST, manifests({}));
  await lab.start('lb1');
  await eventually(async () => (await eventsOf(lab, 'lb1')).some(({ event }) => event === 'announced'), 60_000);
}, 180_000);

afterAll(() => lab?.down());

describe('UDP clients that keep their ports', () => {
  test('have the entry of a refusal, which each packet refreshes, while their Service has no endpoint', async () => {
    expect([...(await entries()).values()].map(({ from }) => from)).toEqual(EARLY.map(() => DNS));
    expect([...answers.values()].flat()).toEqual([]);
  });

  test('3.5a: began before their Service had an endpoint, and are served once it has one', async () => {
    await lab.writeFile('lb1', MANIFEST, manifests({ pod1: READY }));
    await allServedBy('pod1');
  });

  test('3.5b: are served by another pod when theirs is replaced', async () => {
    await lab.writeFile('lb1', MANIFEST, manifests({ pod2: READY }));
    await allServedBy('pod2');
    process.stdout.write(`replaced: at most ${longestGap()} datagrams in a row without an answer, 100 ms apart\n`);
  });

  test('3.5c: leave a pod that terminates beside a ready one at once; those of the other keep their entry', async () => {
    await lab.writeFile('lb1', MANIFEST, manifests({ pod1: READY, pod2: READY }));
    await eventually(async () => (await lb1('ipvsadm', '-Sn')).includes(`-u ${DNS}:53 -r ${POD_ADDRESS.pod1}:8080`));
    await startClients(LATE);
    await allServedBy('pod1', 'pod2');
    const leaving = clientsOf('pod1');
    expect(leaving).toHaveLength(LATE.length / 2);
    const before = await entries();

    await lab.writeFile('lb1', MANIFEST, manifests({ pod1: TERMINATING, pod2: READY }));
    await allServedBy('pod2');
    expect(await lb1('ipvsadm', '-Sn')).not.toContain(`-u ${DNS}:53 -r ${POD_ADDRESS.pod1}:8080`);
    const after = await entries();
    const renewed = [...answers.keys()].filter((source) => after.get(source)?.id !== before.get(source)?.id);
    expect(renewed).toEqual(leaving);
    process.stdout.write(`left: at most ${longestGap()} datagrams in a row without an answer, 100 ms apart\n`);
  });
});
