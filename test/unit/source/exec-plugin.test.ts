import { expect, test } from 'vitest';
import { parseCredential } from '../../../src/source/exec-plugin.ts';

const said = (status: unknown, kind = 'ExecCredential') => parseCredential(JSON.stringify({ kind, status }));

test('a token, a certificate with its key, or both, with the time they end', () => {
  expect(said({ token: 't' })).toStrictEqual({
    token: 't',
    certificate: undefined,
    key: undefined,
    expiresAt: undefined,
  });
  const both = said({
    token: 't',
    clientCertificateData: 'c',
    clientKeyData: 'k',
    expirationTimestamp: '2026-11-23T22:00:00Z',
  });
  expect(both).toStrictEqual({ token: 't', certificate: 'c', key: 'k', expiresAt: Date.UTC(2026, 10, 23, 22) });
});

test.each([
  ['', 'expected an ExecCredential'],
  ['[]', 'expected an ExecCredential'],
  ['{"kind":"Secret","status":{"token":"hush"}}', 'expected an ExecCredential'],
  ['{"kind":"ExecCredential"}', 'expected a token, or a certificate and its key'],
  ['{"kind":"ExecCredential","status":{"token":""}}', 'expected a token, or a certificate and its key'],
  [
    '{"kind":"ExecCredential","status":{"clientCertificateData":"c"}}',
    'expected a token, or a certificate and its key',
  ],
  ['{"kind":"ExecCredential","status":{"token":"t","expirationTimestamp":7}}', 'to be a time, found 7'],
])('%s is none', (text, problem) => {
  expect(() => parseCredential(text)).toThrow(problem);
});
