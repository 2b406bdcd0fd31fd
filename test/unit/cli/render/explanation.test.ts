import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { renderExplanation } from '../../../../src/cli/render/explanation.ts';
import { PLAIN } from '../../../../src/cli/render/screen.ts';
import type { Explanation, ServerExplanation } from '../../../../src/model/explain/explanation.ts';
import { NO_LOAD } from '../../../../src/model/traffic.ts';

const state = { ready: true, serving: true, terminating: false, nodeName: 'n1', forZones: [], forNodes: [] };
const SERVER: ServerExplanation = {
  key: 'tcp/10.99.66.10:80',
  protocol: 'tcp',
  address: '10.99.66.10',
  port: 80,
  name: 'http',
  policy: 'local',
  lack: undefined,
  inKernel: true,
  load: { ...NO_LOAD, active: 3, inactive: 1, opened: 1200 },
  endpoints: [
    {
      endpoint: '10.1.0.101:8080',
      state,
      use: 'takes',
      why: 'ready',
      held: { address: '10.1.0.101', port: 8080, weight: 1, active: 3, inactive: 1 },
    },
    {
      endpoint: '10.1.0.102:8080',
      state: { ...state, ready: false, terminating: true, nodeName: undefined, forZones: ['a'] },
      use: 'unused',
      why: 'runs on n2',
      held: undefined,
    },
    { endpoint: '10.1.0.103:8080', state: undefined, use: 'drains', why: 'gone', held: undefined },
  ],
};
const WEB: Explanation = {
  query: 'web',
  service: 'default/web',
  others: ['default/old'],
  verdict: 'served',
  why: 'each of its virtual servers takes connections',
  addresses: [
    {
      address: '10.99.66.10',
      kinds: ['clusterIPs'],
      refused: undefined,
      announced: { prefix: '10.99.66.0/23', state: 'announced', told: 1, peers: 2 },
    },
    {
      address: '192.0.2.9',
      kinds: ['externalIPs', 'loadBalancerIPs'],
      refused: { reason: 'external-ip-off', detail: '' },
      announced: undefined,
    },
    { address: '192.0.2.10', kinds: ['externalIPs'], refused: undefined, announced: undefined },
  ],
  virtualServers: [SERVER],
  skipped: [{ object: 'Service default/web', reason: 'external-ip-off', detail: '192.0.2.9 is not served' }],
};

test('an explanation reads from the verdict down to what is left out', () => {
  expect(renderExplanation(PLAIN, WEB)).toBe(`\
Service default/web: served: each of its virtual servers takes connections
  of the same address: default/old

Addresses
  ADDRESS      AS                 ANNOUNCED                   PEERS TOLD
  10.99.66.10  ClusterIP          announced in 10.99.66.0/23  1 of 2
  192.0.2.9    external IP, load  left out: external-ip-off
               balancer
  192.0.2.10   external IP        by nobody here

tcp/10.99.66.10:80 (port http), traffic policy Local
  1 endpoint of 3 in use; in the kernel: 3 active and 1 other connection, 1,200
  ever, 0 new/s, in 0 B/s, out 0 B/s
  ENDPOINT         NODE  STATE         HERE             WEIGHT  ACTIVE  OTHER
  10.1.0.101:8080  n1    ready         in use                1       3      1
  10.1.0.102:8080  -     terminating,  unused: runs on       -       -      -
                         serving, for  n2
                         zone a
  10.1.0.103:8080  -     gone          drains: gone          -       -      -

Left out
  OBJECT               REASON           DETAIL
  Service default/web  external-ip-off  192.0.2.9 is not served
`);
});

test('one that is not found has the names that may have been meant', () => {
  const none = { ...WEB, service: undefined, verdict: 'not-served', why: 'there is none', addresses: [] } as const;
  expect(renderExplanation(PLAIN, { ...none, virtualServers: [], skipped: [] })).toBe(
    'web: not served: there is none\n  did you mean: default/old\n',
  );
});

test.each([
  [{ load: undefined, inKernel: false, lack: 'no-endpoints' }, '  refused: no-endpoints; not in the kernel'],
  [{ load: undefined, inKernel: undefined }, '  1 endpoint of 3 in use; the kernel is not read'],
] as const)('a virtual server of which %j says so', (fields, line) => {
  const text = renderExplanation(PLAIN, { ...WEB, virtualServers: [{ ...SERVER, ...fields }] });
  expect(text.split('\n')).toContain(line);
});

test('no line is wider than the screen, and colour changes no letter', () => {
  const long = 'x'.repeat(300);
  const address = 'fd99:6666:1234:5678:9abc:def0:1234:5678';
  const wide: Explanation = {
    ...WEB,
    service: `${long}/${long}`,
    others: [long, long],
    why: long,
    addresses: WEB.addresses.map((one) => ({ ...one, address })),
    virtualServers: [
      {
        ...SERVER,
        key: `tcp/[${address}]:65535`,
        name: long,
        endpoints: SERVER.endpoints.map((one) => ({ ...one, endpoint: `[${address}]:65535`, why: long })),
      },
    ],
    skipped: WEB.skipped.map((one) => ({ ...one, object: long, detail: long })),
  };
  for (const width of [60, 80, 200]) {
    const text = renderExplanation({ ...PLAIN, width }, wide);
    expect(text.split('\n').filter((line) => line.length > width)).toStrictEqual([]);
    const coloured = renderExplanation({ ...PLAIN, width, colour: true }, wide);
    expect(coloured).not.toBe(text);
    expect(stripVTControlCharacters(coloured)).toBe(text);
  }
});
