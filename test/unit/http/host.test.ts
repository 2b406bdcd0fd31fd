import { expect, test } from 'vitest';
import { isOwnHost } from '../../../src/http/host.ts';

test.each([
  // The kubelet: the address of the probe. `kubectl port-forward` and `ssh -L`: what was typed, with a port of that end.
  ['127.0.0.1:9466', true],
  ['localhost:8080', true],
  ['LOCALHOST', true],
  ['lb-1.localhost:9466', true],
  ['[::1]:9466', true],
  ['127.8.8.8', true],
  // What a proxy before the metrics passes on. An address is no name that could be made to lead elsewhere.
  ['10.22.108.100:8443', true],
  ['[fd99::1]', true],
  [undefined, true],
  ['evil.example:9466', false],
  ['localhost.evil.example', false],
  ['evil-localhost', false],
  ['127.0.0.1.evil.example:9466', false],
  ['127.0.0.1:9466@evil.example', false],
  ['1:2', false],
  ['', false],
])('a request to %j is answered: %s', (host, answered) => {
  expect(isOwnHost(host)).toBe(answered);
});
