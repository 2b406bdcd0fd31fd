import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEndpointSlice, decodeService, objectKey } from '../../../src/source/decode.ts';

const service = (spec: object, labels: object = {}) => ({ metadata: { name: 'web', namespace: 'shop', labels }, spec });
const slice = (fields: object, labels: object = { 'kubernetes.io/service-name': 'web' }) => ({
  metadata: { name: 'web-x1', namespace: 'shop', labels },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: [],
  ...fields,
});
const PORTS = [{ name: 'http', port: 80, protocol: 'TCP' }];

describe('a Service', () => {
  test('is its addresses, ports and affinity', () => {
    const spec = { clusterIP: '10.99.66.10', clusterIPs: ['10.99.66.10', 'FD99:66::A'], ports: PORTS };
    expect(decodeService(service(spec))).toStrictEqual({
      value: {
        namespace: 'shop',
        name: 'web',
        clusterIPs: ['10.99.66.10', 'fd99:66::a'],
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

describe('an EndpointSlice', () => {
  test('is the ports and the first addresses of a Service', () => {
    const endpoints = [{ addresses: ['10.1.0.101', '10.1.0.102'], conditions: { ready: true } }];
    expect(decodeEndpointSlice(slice({ endpoints }))).toStrictEqual({
      value: {
        namespace: 'shop',
        name: 'web-x1',
        service: 'web',
        family: 'ipv4',
        ports: [{ name: 'http', protocol: 'tcp', port: 8080 }],
        endpoints: [{ address: '10.1.0.101', ready: true, serving: true, terminating: false }],
      },
      skipped: [],
    });
  });

  test.each([
    [{}, true, true, false],
    [null, true, true, false],
    [{ ready: null, serving: null, terminating: null }, true, true, false],
    [{ ready: false }, false, true, false],
    [{ ready: false, serving: true, terminating: true }, false, true, true],
    [{ ready: false, serving: false, terminating: true }, false, false, true],
    [{ ready: 'false' }, false, true, false],
  ])('takes the conditions %j for ready %s, serving %s, terminating %s', (conditions, ready, serving, terminating) => {
    const { value } = decodeEndpointSlice(slice({ endpoints: [{ addresses: ['10.1.0.101'], conditions }] }));
    expect(value?.endpoints).toStrictEqual([{ address: '10.1.0.101', ready, serving, terminating }]);
  });

  test('may have null for its ports and endpoints, as Go writes empty slices', () => {
    const { value, skipped } = decodeEndpointSlice(slice({ ports: null, endpoints: null }));
    expect(value).toMatchObject({ ports: [], endpoints: [] });
    expect(skipped).toStrictEqual([]);
  });

  test.each([
    ['without the label of a Service', slice({}, {})],
    ['with an empty label', slice({}, { 'kubernetes.io/service-name': '' })],
    ['of type FQDN', slice({ addressType: 'FQDN', endpoints: [{ addresses: ['example.org'] }] })],
  ])('%s plays no part', (_title, raw) => {
    expect(decodeEndpointSlice(raw)).toStrictEqual({ value: undefined, skipped: [] });
  });

  test('of an unknown type is skipped', () => {
    const { value, skipped } = decodeEndpointSlice(slice({ addressType: 'IPv7' }));
    expect(value).toBeUndefined();
    expect(skipped).toMatchObject([
      { object: 'EndpointSlice shop/web-x1', detail: 'addressType is "IPv7"; expected IPv4, IPv6 or FQDN' },
    ]);
  });

  test('a port without a number is skipped by name, and the others stay', () => {
    const { value, skipped } = decodeEndpointSlice(
      slice({
        ports: [
          { name: 'a', port: null },
          { name: 'b', port: 2 },
        ],
      }),
    );
    expect(value?.ports).toStrictEqual([{ name: 'b', protocol: 'tcp', port: 2 }]);
    expect(skipped).toMatchObject([{ object: 'EndpointSlice shop/web-x1 port "a"', reason: 'port-invalid' }]);
  });

  test('endpoints that cannot be used are reported together', () => {
    const endpoints = [{ addresses: ['fd00::1'] }, { addresses: null }, null, { addresses: ['10.1.0.103'] }];
    const { value, skipped } = decodeEndpointSlice(slice({ endpoints }));
    expect(value?.endpoints).toMatchObject([{ address: '10.1.0.103' }]);
    expect(skipped).toStrictEqual([
      {
        object: 'EndpointSlice shop/web-x1',
        reason: 'object-invalid',
        detail: '3 of 4 endpoints have no ipv4 address; the first has "fd00::1"',
      },
    ]);
  });
});

describe('a name', () => {
  test.each([[''], ['a/b'], ['A'], ['a\nb'], ['-a'], [7], [null], ['a'.repeat(254)]])('is never %j', (name) => {
    expect(objectKey({ metadata: { name } })).toBeUndefined();
    expect(objectKey({ metadata: { name: 'a', namespace: name ?? 7 } })).toBeUndefined();
    expect(decodeService({ metadata: { name } }).skipped).toMatchObject([
      { object: 'Service', reason: 'object-invalid' },
    ]);
  });
});

test('nothing throws, whatever JSON value comes', () => {
  const keys = [
    'metadata',
    'name',
    'namespace',
    'labels',
    'spec',
    'clusterIP',
    'clusterIPs',
    'ports',
    'port',
    'endpoints',
    'addresses',
    'conditions',
    'addressType',
    'sessionAffinity',
    '__proto__',
  ];
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, true, 0, 80, 'web', 'ClientIP', 'IPv4', '10.99.66.10', 'None'),
      fc.jsonValue(),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 6 }),
    ),
  }));
  const named = json.map((fields) => ({
    metadata: { name: 'a', labels: { 'kubernetes.io/service-name': 'a' } },
    ...Object(fields),
  }));
  const property = fc.property(fc.oneof(json, named), (raw) => {
    for (const decode of [decodeService, decodeEndpointSlice]) {
      const { value, skipped } = decode(raw);
      expect(Array.isArray(skipped)).toBe(true);
      if (value) expect(objectKey(raw)).toBe(`${value.namespace}/${value.name}`);
    }
  });
  fc.assert(property, { numRuns: 1000 });
});
