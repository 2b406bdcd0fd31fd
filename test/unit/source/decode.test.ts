import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_MARKS } from '../../../src/model/drain.ts';
import { decodeEndpointSlice, decodeNode, decodeService, objectKey } from '../../../src/source/decode.ts';

const slice = (fields: object, labels: object = { 'kubernetes.io/service-name': 'web' }) => ({
  metadata: { name: 'web-x1', namespace: 'shop', labels },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: [],
  ...fields,
});
const NOWHERE = { nodeName: undefined, forZones: [], forNodes: [] };

test('a Node is its name, its labels, its zone, and what it says of its maintenance', () => {
  const labels = { 'topology.kubernetes.io/zone': 'zone-a' };
  const plain = { zone: undefined, labels: {}, marks: NO_MARKS };
  expect(decodeNode({ metadata: { name: 'lb-1', labels: { ...labels, odd: 7 } } }).value).toStrictEqual({
    ...plain,
    name: 'lb-1',
    labels,
    zone: 'zone-a',
  });
  expect(decodeNode({ metadata: { name: 'lb-1' } }).value).toStrictEqual({ ...plain, name: 'lb-1' });
  expect(decodeNode({}).skipped).toMatchObject([{ object: 'Node', reason: 'object-invalid' }]);
});

const marked = (metadata: object, spec: unknown = {}) => decodeNode({ metadata: { name: 'lb-1', ...metadata }, spec });

const annotated = (value: unknown) => marked({ annotations: { 'fairlead.io/drain': value } });

describe('what a Node says of its maintenance', () => {
  test('the annotation asks by "true" alone', () => {
    expect(annotated('true')).toMatchObject({ value: { marks: { ...NO_MARKS, drain: true } }, skipped: [] });
    expect(annotated('false')).toMatchObject({ value: { marks: NO_MARKS }, skipped: [] });
  });

  test.each(['True', '', 'yes', '1', true, null, {}])('of %j it says what it expects instead', (value) => {
    const { value: node, skipped } = annotated(value);
    expect(node?.marks).toStrictEqual(NO_MARKS);
    expect(skipped).toMatchObject([{ object: 'Node lb-1', reason: 'object-invalid' }]);
    expect(skipped[0]?.detail).toMatch(
      /^annotation fairlead\.io\/drain is .*, expected "true" or "false"; it asks for/,
    );
  });

  test.each(['', 'true', 'false'])('the label counts whatever its value, %j too', (value) => {
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': value };
    expect(marked({ labels }).value?.marks).toStrictEqual({ ...NO_MARKS, excluded: true });
  });

  test('cordoning is none of it but for its taint, and what is no taint is passed over', () => {
    const taints = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }, null, {}, { key: 7 }];
    expect(marked({}, { unschedulable: true }).value?.marks).toStrictEqual(NO_MARKS);
    expect(marked({}, { unschedulable: true, taints }).value?.marks.taints).toStrictEqual([
      'node.kubernetes.io/unschedulable',
    ]);
    expect(marked({}, { taints: 'all' }).value?.marks).toStrictEqual(NO_MARKS);
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
        endpoints: [{ address: '10.1.0.101', ready: true, serving: true, terminating: false, ...NOWHERE }],
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
    expect(value?.endpoints).toStrictEqual([{ address: '10.1.0.101', ready, serving, terminating, ...NOWHERE }]);
  });

  test('says where an endpoint runs, and for whom it would rather be', () => {
    const hints = { forZones: [{ name: 'zone-a' }, { name: 'zone-b' }], forNodes: [{ name: 'lb-1' }, {}, null] };
    const endpoints = [
      { addresses: ['10.1.0.101'], nodeName: 'worker-1', hints },
      { addresses: ['10.1.0.102'], nodeName: null, hints: { forZones: null } },
    ];
    expect(decodeEndpointSlice(slice({ endpoints })).value?.endpoints).toMatchObject([
      { nodeName: 'worker-1', forZones: ['zone-a', 'zone-b'], forNodes: ['lb-1'] },
      NOWHERE,
    ]);
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
    'externalIPs',
    'status',
    'loadBalancer',
    'ingress',
    'ip',
    'annotations',
    'fairlead.io/scheduler',
    'hints',
    'forZones',
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
    expect(Array.isArray(decodeNode(raw).skipped)).toBe(true);
    for (const decode of [decodeService, decodeEndpointSlice]) {
      const { value, skipped } = decode(raw);
      expect(Array.isArray(skipped)).toBe(true);
      if (value) expect(objectKey(raw)).toBe(`${value.namespace}/${value.name}`);
    }
  });
  fc.assert(property, { numRuns: 1000 });
});
