import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderFindings } from '../../../src/cli/findings.ts';
import { apiFindings, type ApiFacts } from '../../../src/doctor/api-server.ts';
import { type Finding, isWell } from '../../../src/doctor/finding.ts';
import { NEEDS, rightsOf } from '../../../src/doctor/rights.ts';

const AT = Date.UTC(2026, 0, 2);
const RIGHTS = NEEDS.flatMap(rightsOf).map((right) => ({ right, allowed: true }));

const GOOD: ApiFacts = {
  ranges: ['10.99.66.0/23', 'fd99:66::/112'],
  origin: 'KUBERNETES_SERVICE_HOST in the environment',
  server: 'https://10.22.108.10:6443',
  proxied: false,
  addresses: ['10.22.108.10'],
  serviceCidrs: ['10.99.66.0/23', '10.98.0.0/16'],
  expected: '10.22.108.10',
  certificate: { names: ['DNS:kubernetes', 'IP Address:10.22.108.10'], until: AT + 86_400_000 * 300 },
  answer: { status: 200, date: AT, at: AT + 900 },
  rights: RIGHTS,
};

const wrong = (facts: Partial<ApiFacts>): Finding[] =>
  apiFindings({ ...GOOD, ...facts }).filter(({ severity }) => severity !== 'ok');

test('a good way is told line by line, and nothing is to be done', () => {
  const findings = apiFindings(GOOD);
  expect(findings.map(({ check, severity }) => `${severity} ${check}`)).toStrictEqual([
    'ok api address',
    'ok api answer',
    'ok api certificate',
    'ok clock',
    ...NEEDS.map(({ subject }) => `ok rights: ${subject}`),
  ]);
  expect(isWell(findings)).toBe(true);
  expect(renderFindings(findings, false)).toMatch(
    /^OK\n {2}api address {7}https:\/\/10\.22\.108\.10:6443, from KUBERNETES_SERVICE_HOST in\n/,
  );
  expect(renderFindings(findings, false)).not.toContain('->');
});

test('what is to be done stands below what was found, and colour changes no letter', () => {
  const findings = apiFindings({ ...GOOD, addresses: ['10.99.66.1'], server: 'https://10.99.66.1:443' });
  expect(renderFindings(findings, false)).toContain(
    '\n                    -> set KUBERNETES_SERVICE_HOST to an API server itself, or\n                       name one',
  );
  const coloured = renderFindings(findings, true);
  expect(coloured).toContain(`${String.fromCodePoint(27)}[31mERROR`);
  expect(stripVTControlCharacters(coloured)).toBe(renderFindings(findings, false));
});

describe('what is wrong with', () => {
  const EXPIRED = { names: ['IP Address:10.22.108.10'], until: AT + 86_400_000 * 13 };

  test.each<[string, Partial<ApiFacts>, string]>([
    [
      'the ClusterIP that this node serves itself',
      { server: 'https://10.99.66.1:443', addresses: ['10.99.66.1'], expected: '10.99.66.1', certificate: undefined },
      'error api address: https://10.99.66.1:443, from KUBERNETES_SERVICE_HOST in the environment lies in 10.99.66.0/23, which this node serves itself',
    ],
    [
      'a name that leads there',
      { server: 'https://api.example:443', addresses: ['fd99:66::1'], certificate: undefined },
      'error api address: https://api.example:443, from KUBERNETES_SERVICE_HOST in the environment (fd99:66::1) lies in fd99:66::/112, which this node serves itself',
    ],
    [
      'a ClusterIP of another range',
      { server: 'https://10.98.0.1:443', addresses: ['10.98.0.1'], certificate: undefined },
      'error api address: https://10.98.0.1:443, from KUBERNETES_SERVICE_HOST in the environment is a ClusterIP (10.98.0.0/16): without kube-proxy nobody serves it here',
    ],
    [
      'no address at all',
      {
        server: { problem: 'this is no pod' },
        addresses: undefined,
        certificate: undefined,
        answer: undefined,
        rights: undefined,
      },
      'error api address: KUBERNETES_SERVICE_HOST in the environment: this is no pod',
    ],
    [
      'a name that nobody knows',
      { addresses: { problem: 'getaddrinfo ENOTFOUND api' } },
      'error api address: https://10.22.108.10:6443, from KUBERNETES_SERVICE_HOST in the environment: getaddrinfo ENOTFOUND api',
    ],
    [
      'a ClusterIP where the ranges are the ServiceCIDRs',
      { ranges: undefined, server: 'https://10.98.0.1:443', addresses: ['10.98.0.1'], certificate: undefined },
      'error api address: https://10.98.0.1:443, from KUBERNETES_SERVICE_HOST in the environment lies in 10.98.0.0/16, which this node serves itself',
    ],
    [
      'no answer',
      { answer: { problem: 'connect ECONNREFUSED' }, rights: undefined },
      'error api answer: connect ECONNREFUSED',
    ],
    ['a token', { answer: { status: 401, date: AT, at: AT } }, 'error api answer: HTTP 401'],
    ['a server in trouble', { answer: { status: 500, date: AT, at: AT } }, 'error api answer: HTTP 500'],
    [
      'a certificate for others',
      { expected: '10.22.108.11' },
      'error api certificate: valid until 2026-10-29, for DNS:kubernetes, IP Address:10.22.108.10: not for 10.22.108.11',
    ],
    [
      'a certificate that ends soon',
      { certificate: EXPIRED },
      'warning api certificate: valid until 2026-01-15, for IP Address:10.22.108.10',
    ],
    [
      'no certificate',
      { certificate: { problem: 'wrong version number' } },
      'error api certificate: wrong version number',
    ],
    [
      'a clock behind',
      { answer: { status: 200, date: AT, at: AT - 6000 } },
      'warning clock: 6 s behind the API server',
    ],
    [
      'a clock ahead',
      { answer: { status: 200, date: AT, at: AT + 60_000 } },
      'warning clock: 60 s ahead of the API server',
    ],
    ['rights that nobody tells', { rights: { problem: 'HTTP 403: no' } }, 'error rights: HTTP 403: no'],
  ])('%s', (_title, facts, line) => {
    const found = wrong(facts);
    expect(found.map(({ check, found: what, severity }) => `${severity} ${check}: ${what}`)).toStrictEqual([line]);
    expect(found[0]?.remedy).toMatch(/\w/);
  });

  test.each(NEEDS)('a missing right to $resource', ({ resource, severity, subject, verbs, without }) => {
    const [first] = verbs;
    const rights = RIGHTS.map((one) => ({
      ...one,
      allowed: one.right.resource !== resource || one.right.verb !== first,
    }));
    expect(wrong({ rights })).toStrictEqual([
      {
        check: `rights: ${subject}`,
        severity,
        found: `may not ${first} ${resource}: ${without}`,
        remedy: 'apply deploy/kustomize/base/rbac.yaml',
      },
    ]);
  });
});

test('rights to ServiceCIDRs are vital where these are the ranges', () => {
  const rights = RIGHTS.map((one) => ({ ...one, allowed: one.right.resource !== 'servicecidrs' }));
  expect(wrong({ rights, ranges: undefined })).toMatchObject([{ severity: 'error' }]);
});

test.each<[string, Partial<ApiFacts>]>([
  [
    'through a proxy the address is not what is connected to',
    { proxied: true, addresses: ['10.99.66.1'], certificate: undefined },
  ],
  ['a kubeconfig may say that the certificate is not looked at', { expected: undefined }],
  ['or whose it has to be', { expected: 'kubernetes' }],
  [
    'a star stands for one label',
    { expected: 'api.example.com', certificate: { names: ['DNS:*.example.com'], until: AT * 2 } },
  ],
  [
    'an IPv6 address may be written out',
    { expected: 'fd00::1', certificate: { names: ['IP Address:FD00:0:0:0:0:0:0:1'], until: AT * 2 } },
  ],
  ['without ServiceCIDRs there are the ranges', { serviceCidrs: undefined }],
])('%s', (_title, facts) => {
  expect(wrong(facts)).toStrictEqual([]);
});

test('a kubeconfig that cannot be read is not mended by another address', () => {
  const [found] = wrong({ origin: 'the kubeconfig /x', server: { problem: 'ENOENT' }, addresses: undefined });
  expect(found?.found).toBe('the kubeconfig /x: ENOENT');
  expect(found?.remedy).toContain('source.kubernetes.kubeconfig');
  expect(found?.remedy).not.toContain('KUBERNETES_SERVICE_HOST');
});
