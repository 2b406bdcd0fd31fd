import { expect, test } from 'vitest';
import { decodeEndpointSlice } from '../../../src/source/decode.ts';
import { shareText } from '../../../src/source/share.ts';

const port = (name: string, number: number) => ({ name, protocol: 'TCP', port: number });

const slice = (name: string, ports: readonly object[]) =>
  decodeEndpointSlice({
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: structuredClone(ports),
    endpoints: [{ addresses: ['10.1.0.1'], nodeName: 'worker-1' }],
  }).value;

test('slices with the same ports share them, and others keep their own', () => {
  const [a, b] = ['a', 'b'].map((name) => slice(name, [port('http', 80), port('metrics', 9090)]));
  expect(a?.ports).toBe(b?.ports);
  for (const other of [[port('http', 81)], [port('https', 80)], [port('http', 80)], []]) {
    expect(slice('c', other)?.ports).toMatchObject(other.map(({ name, port: number }) => ({ name, port: number })));
  }
  expect(slice('d', [{ ...port('http', 80), protocol: 'UDP' }])?.ports).toMatchObject([{ protocol: 'udp' }]);
});

test('a name that holds what stands between two ports makes no others of them', () => {
  const odd = [{ name: 'a\ntcp 80 b', protocol: 'TCP', port: 80 }];
  expect(slice('e', [port('a', 80), port('b', 80)])?.ports).toHaveLength(2);
  expect(slice('f', odd)?.ports).toHaveLength(1);
});

test('texts come back as they are, however many there are', () => {
  const texts = Array.from({ length: 140_000 }, (_, i) => `worker-${i}`);
  expect(texts.filter((text) => shareText(text) !== text)).toStrictEqual([]);
});
