import { describe, expect, test } from 'vitest';
import { decodeService, objectKey } from '../../../src/source/decode.ts';

const service = (spec: object, labels: object = {}) => ({ metadata: { name: 'web', namespace: 'shop', labels }, spec });
const PORTS = [{ name: 'http', port: 80, protocol: 'TCP' }];

describe('a Service', () => {
  test('is its addresses, ports and affinity', () => {
    const spec = { clusterIP: '10.99.66.10', clusterIPs: ['10.99.66.10', 'FD99:66::A'], ports: PORTS };
    expect(decodeService(service(spec))).toStrictEqual({
      value: {
        namespace: 'shop',
        name: 'web',
        clusterIPs: ['10.99.66.10', 'fd99:66::a'],
        externalIPs: [],
        loadBalancerIPs: [],
        restricted: false,
        internalTrafficPolicy: 'cluster',
        externalTrafficPolicy: 'cluster',
        scheduling: undefined,
        ports: [{ name: 'http', protocol: 'tcp', port: 80 }],
        affinitySeconds: 0,
        excluded: undefined,
      },
      skipped: [],
    });
  });

  test('has one address where it is older than dual-stack, and stands in default where it names no namespace', () => {
    const raw = { metadata: { name: 'web' }, spec: { clusterIP: '10.99.66.10', clusterIPs: null, ports: null } };
    expect(decodeService(raw).value).toMatchObject({ namespace: 'default', clusterIPs: ['10.99.66.10'], ports: [] });
    expect(objectKey(raw)).toBe('default/web');
  });

  test.each([
    ['other-proxy', { clusterIP: '10.99.66.10' }, { 'service.kubernetes.io/service-proxy-name': 'kube-router' }],
    ['other-proxy', { clusterIP: '10.99.66.10' }, { 'service.kubernetes.io/service-proxy-name': '' }],
    ['headless', { clusterIP: '10.99.66.10' }, { 'service.kubernetes.io/headless': '' }],
    ['headless', { clusterIP: 'None', clusterIPs: ['None'] }, {}],
    ['headless', { clusterIP: '', clusterIPs: null }, {}],
    ['headless', {}, {}],
    ['external-name', { type: 'ExternalName', clusterIP: '10.99.66.10' }, {}],
  ])('is excluded as %s: %j %j', (excluded, spec, labels) => {
    const { value, skipped } = decodeService(service({ ...spec, ports: PORTS }, labels));
    expect(value).toMatchObject({ excluded, clusterIPs: [], ports: [] });
    expect(skipped).toStrictEqual([]);
  });

  test('keeps its good addresses and ports when others cannot be used', () => {
    const ports = [
      ...PORTS,
      { name: 'zero', port: 0 },
      { name: 'big', port: 65_536 },
      { port: 53, protocol: 'QUIC' },
      null,
    ];
    const { value, skipped } = decodeService(service({ clusterIPs: ['10.99.66.010', '10.99.66.10'], ports }));
    expect(value).toMatchObject({ clusterIPs: ['10.99.66.10'], ports: [{ port: 80 }] });
    expect(skipped).toStrictEqual([
      { object: 'Service shop/web', reason: 'object-invalid', detail: 'clusterIP "10.99.66.010" is no IP address' },
      { object: 'Service shop/web port "zero"', reason: 'port-invalid', detail: 'number is 0; expected 1 to 65535' },
      { object: 'Service shop/web port "big"', reason: 'port-invalid', detail: 'number is 65536; expected 1 to 65535' },
      {
        object: 'Service shop/web port ""',
        reason: 'port-invalid',
        detail: 'protocol is "QUIC"; expected TCP, UDP or SCTP',
      },
      { object: 'Service shop/web port ""', reason: 'port-invalid', detail: 'number is nothing; expected 1 to 65535' },
    ]);
  });

  test('is none without a single good address', () => {
    const { value, skipped } = decodeService(service({ clusterIP: 'x', ports: PORTS }));
    expect(value).toBeUndefined();
    expect(skipped).toMatchObject([{ object: 'Service shop/web', reason: 'object-invalid' }]);
  });

  test('has unnamed ports and TCP by default', () => {
    const ports = [
      { port: 1 },
      { name: null, protocol: null, port: 2 },
      { name: 'u', protocol: 'UDP', port: 3 },
      { protocol: 'SCTP', port: 4 },
    ];
    expect(decodeService(service({ clusterIP: '10.99.66.10', ports })).value?.ports).toStrictEqual([
      { name: '', protocol: 'tcp', port: 1 },
      { name: '', protocol: 'tcp', port: 2 },
      { name: 'u', protocol: 'udp', port: 3 },
      { name: '', protocol: 'sctp', port: 4 },
    ]);
  });

  test.each([
    [{ sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }, 0, 0],
    [{ sessionAffinity: 'ClientIP' }, 10_800, 0],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: null } } }, 10_800, 0],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } } }, 1, 0],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_400 } } }, 86_400, 0],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } }, 10_800, 1],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }, 10_800, 1],
  ])('keeps clients for as long as %j says', (spec, seconds, problems) => {
    const { value, skipped } = decodeService(service({ clusterIP: '10.99.66.10', ...spec }));
    expect(value?.affinitySeconds).toBe(seconds);
    expect(skipped).toHaveLength(problems);
  });
});

const decoded = (spec: object, rest: object = {}) =>
  decodeService({ ...service({ clusterIP: '10.99.66.10', ports: PORTS, ...spec }), ...rest });
const annotated = (scheduler: unknown) => ({ name: 'web', annotations: { 'fairlead.io/scheduler': scheduler } });

describe('what a Service says beside its ClusterIPs', () => {
  test('its external addresses, those that are none left out by name', () => {
    const { value, skipped } = decoded({ externalIPs: ['192.0.2.1', 'x', '2001:DB8::1'] });
    expect(value?.externalIPs).toStrictEqual(['192.0.2.1', '2001:db8::1']);
    expect(skipped).toStrictEqual([
      { object: 'Service shop/web', reason: 'object-invalid', detail: 'externalIP "x" is no IP address' },
    ]);
  });

  test('what a load balancer has given it, unless that answers by itself (KEP-1860)', () => {
    const ingress = [
      { ip: '198.51.100.1' },
      { ip: '198.51.100.2', ipMode: 'VIP' },
      { ip: '198.51.100.3', ipMode: 'Proxy' },
      { hostname: 'lb.example' },
      null,
    ];
    const { value, skipped } = decoded({}, { status: { loadBalancer: { ingress } } });
    expect(value?.loadBalancerIPs).toStrictEqual(['198.51.100.1', '198.51.100.2']);
    expect(skipped).toStrictEqual([]);
  });

  test.each([
    [{}, 'cluster', 'cluster'],
    [{ internalTrafficPolicy: 'Cluster', externalTrafficPolicy: 'Cluster' }, 'cluster', 'cluster'],
    [{ internalTrafficPolicy: 'Local' }, 'local', 'cluster'],
    [{ externalTrafficPolicy: 'Local' }, 'cluster', 'local'],
    [{ internalTrafficPolicy: null, externalTrafficPolicy: 'local' }, 'cluster', 'cluster'],
  ])('its traffic policies: %j is %s inside and %s outside', (spec, internal, external) => {
    expect(decoded(spec).value).toMatchObject({ internalTrafficPolicy: internal, externalTrafficPolicy: external });
  });

  test.each([
    [undefined, false],
    [null, false],
    [[], false],
    [['0.0.0.0/0', '::/0'], false],
    [['192.0.2.0/24'], true],
    [['0.0.0.0/0', 'x'], true],
  ])('who may come to its load balancer: with the source ranges %j that is restricted: %s', (ranges, restricted) => {
    expect(decoded({ loadBalancerSourceRanges: ranges }).value?.restricted).toBe(restricted);
  });

  test('the scheduler of its annotation', () => {
    const good = decoded({}, { metadata: annotated('mh,mh-port') });
    expect(good.value?.scheduling).toStrictEqual({ scheduler: 'mh', flags: ['port'] });
    const bad = decoded({}, { metadata: annotated('best') });
    expect(bad.value).toMatchObject({ scheduling: undefined, clusterIPs: ['10.99.66.10'] });
    expect(bad.skipped).toMatchObject([{ object: 'Service default/web', reason: 'object-invalid' }]);
    expect(bad.skipped[0]?.detail).toMatch(
      /^annotation fairlead.io\/scheduler is "best", expected one of rr, .*; the default is used$/,
    );
  });
});
