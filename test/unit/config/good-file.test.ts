import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

const HEAD = 'apiVersion: fairlead.io/v1alpha1\nkind: FairleadConfig\n';
const RANGES = 'ranges: [10.99.66.0/23]\n';
const BGP = 'bgp: {localAs: 64512, routerId: 10.22.108.100, peers: [{address: 10.22.108.1, as: 64500}]}\n';
const SMALLEST = HEAD + RANGES + BGP;

describe('a good file', () => {
  test('needs only ranges, the local AS, the router id and one peer; the defaults are safe', () => {
    expect(parseConfig(SMALLEST, 'lb-1')).toStrictEqual({
      config: {
        node: 'lb-1',
        source: { kind: 'kubernetes', kubeconfig: undefined, lostAfterMs: 30_000 },
        ranges: ['10.99.66.0/23'],
        rangesFrom: 'configuration',
        dataplane: {
          mode: 'ipvs',
          scheduling: { scheduler: 'rr', flags: [] },
          externalIPs: [],
          loadBalancerIPs: [],
          topologyHints: 'ignore',
          drainMs: 300_000,
          mssClamp: 1320,
          firewall: 'auto',
          auditMs: 250,
        },
        health: {
          intervalMs: 500,
          fastIntervalMs: 200,
          timeoutMs: 500,
          rise: 3,
          fall: 3,
          splayMs: 1000,
          checks: [],
        },
        announcement: {
          holdDownMs: 5000,
          maxHoldDownMs: 300_000,
          minimumAnnouncers: 1,
          deprioritised: { med: 1000, prepend: 3, localPref: 0, communities: [], largeCommunities: [] },
          stopWaitMs: 2000,
          drain: { timeoutMs: 300_000, settleMs: 10_000, excludeLabel: 'ignore', taints: [], maxDraining: 1 },
          attributes: { '10.99.66.0/23': { communities: [], med: undefined } },
          otherAttributes: { communities: [], med: undefined },
          services: {
            externalIPs: false,
            loadBalancerIPs: false,
            attributes: { communities: [], med: undefined },
          },
          weight: [],
        },
        cluster: { namespace: 'fairlead', leaseDurationMs: 15_000 },
        bgp: {
          gobgp: 'unix:///run/gobgp/gobgp.sock',
          localAs: 64512,
          routerId: '10.22.108.100',
          tls: undefined,
          nextHopIPv4: undefined,
          nextHopIPv6: undefined,
          listenAddresses: ['10.22.108.100'],
          listenPort: 179,
          accept: [],
          peers: [
            {
              place: { kind: 'address', address: '10.22.108.1' },
              nodes: undefined,
              as: 64500,
              port: 179,
              families: undefined,
              holdTimeSeconds: 9,
              keepaliveSeconds: 3,
              connectRetrySeconds: 1,
              passive: false,
              passwordFile: undefined,
              ttlSecurity: false,
            },
          ],
        },
        deadman: {
          socket: '/run/gobgp/deadman.sock',
          crash: { deprioritiseMs: 15_000, withdrawMs: 300_000 },
          hang: { deprioritiseMs: 3000, withdrawMs: 300_000 },
        },
        http: { socket: '/run/fairlead/agent.sock', address: '127.0.0.1:9466' },
      },
    });
  });

  test('may turn the clamp of the segment size off', () => {
    expect(parseConfig(`${SMALLEST}dataplane: {mssClamp: off}`, 'lb-1').config?.dataplane.mssClamp).toBeUndefined();
  });

  test('is frozen to its leaves', () => {
    const { config } = parseConfig(SMALLEST, 'lb-1');
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config?.bgp.peers[0])).toBe(true);
  });
});
