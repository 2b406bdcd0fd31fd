import { array, assert, boolean, constantFrom, property, record, subarray } from 'fast-check';
import { expect, test } from 'vitest';
import { selectRealServers } from '../../../src/model/endpoints.ts';
import { explainEndpoints } from '../../../src/model/explain/endpoints.ts';
import { formatEndpoint } from '../../../src/model/virtual-server.ts';

test('the explanation of any endpoints agrees with the choice that is made among them', () => {
  const endpoints = array(
    record({
      endpoint: record({
        address: constantFrom('10.1.0.1', '10.1.0.2', '10.1.0.3'),
        ready: boolean(),
        serving: boolean(),
        terminating: boolean(),
        nodeName: constantFrom('lb-1', 'n2', undefined),
        forZones: subarray(['a', 'b']),
        forNodes: subarray(['lb-1', 'n2']),
      }),
      port: constantFrom(80, 81),
    }),
    { maxLength: 6 },
  );
  const vantages = record({
    node: constantFrom('lb-1'),
    zone: constantFrom('a', undefined),
    topologyHints: constantFrom('honour' as const, 'ignore' as const),
  });
  assert(
    property(
      endpoints,
      vantages,
      constantFrom('tcp' as const, 'udp' as const),
      constantFrom('cluster' as const, 'local' as const),
      (list, vantage, protocol, policy) => {
        const { realServers } = selectRealServers(list, protocol, policy, vantage);
        const chosen = Object.fromEntries(realServers.map((one) => [formatEndpoint(one), one.weight]));
        const told = explainEndpoints(list, protocol, policy, vantage, []).filter(({ use }) => use !== 'unused');
        expect(Object.fromEntries(told.map(({ endpoint: key, use }) => [key, use === 'takes' ? 1 : 0]))).toStrictEqual(
          chosen,
        );
      },
    ),
    { numRuns: 2000 },
  );
});
