import { expect, test } from 'vitest';
import { takeable } from '../../../src/agent/needs-restart.ts';
import { configOf } from '../config/file-with.ts';
import type { Config } from '../../../src/config/config.ts';

const config = (parts: Parameters<typeof configOf>[0]) => configOf(parts) as Config;
const STARTED = config({});

test('a file with nothing but other peers and times is taken up as it is', () => {
  const file = config({ peer: 'address: 10.22.108.2, as: 64501', rest: 'deadman: { hang: { deprioritise: 4s } }' });
  expect(takeable(STARTED, file)).toStrictEqual({ config: file, needsRestart: [] });
});

test.each([
  ['bgp.gobgp', { bgp: 'gobgp: "127.0.0.1:50051"' }],
  ['bgp.tls', { bgp: 'tls: { ca: /ca, cert: /cert, key: /key }' }],
  ['deadman.socket', { rest: 'deadman: { socket: /tmp/d.sock }' }],
  ['http.socket', { rest: 'http: { socket: /tmp/a.sock }' }],
  ['http.address', { rest: 'http: { address: "127.0.0.1:99" }' }],
  ['http.metricsPort', { rest: 'http: { metricsPort: 9467 }' }],
])('%s counts only from the next start on', (key, parts) => {
  expect(takeable(STARTED, config(parts))).toStrictEqual({ config: STARTED, needsRestart: [key] });
});

test('what else stands in the same section of the file is taken up', () => {
  const file = config({ bgp: 'gobgp: "127.0.0.1:50051", listenPort: 1790' });
  const { config: taken } = takeable(STARTED, file);
  expect(taken.bgp).toStrictEqual({ ...STARTED.bgp, listenPort: 1790 });
});
