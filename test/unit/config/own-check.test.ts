import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

const parse = (health: string) =>
  parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23]
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500 }] }
health: ${health}
`,
    'lb-1',
  );

const checksOf = (health: string) => parse(health).config?.health.checks;
const problemsOf = (health: string): string[] =>
  (parse(health).problems ?? []).map(({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`);

const DEFAULTS = { effect: 'deprioritise', intervalMs: 500, timeoutMs: 500, rise: 3, fall: 3 };

describe('a check of the operator', () => {
  test.each([
    ["{name: dns, tcp: '10.0.0.1:53'}", { name: 'dns', target: { kind: 'tcp', address: '10.0.0.1', port: 53 } }],
    ["{name: dns6, tcp: '[fd00::1]:53'}", { name: 'dns6', target: { kind: 'tcp', address: 'fd00::1', port: 53 } }],
    [
      "{name: web, http: 'http://web.example/healthz'}",
      { name: 'web', target: { kind: 'http', url: 'http://web.example/healthz', least: 200, most: 399 } },
    ],
    [
      "{name: web, http: 'https://web.example/', status: '204'}",
      { name: 'web', target: { kind: 'http', url: 'https://web.example/', least: 204, most: 204 } },
    ],
    ['{name: disk, exec: [/bin/disk, -q]}', { name: 'disk', target: { kind: 'exec', argv: ['/bin/disk', '-q'] } }],
  ])('%s', (written, check) => {
    expect(checksOf(`{checks: [${written}]}`)).toEqual([{ ...check, ...DEFAULTS }]);
  });

  test('has the times and counts of the others where it says nothing else', () => {
    const others = 'interval: 2s, timeout: 1s, rise: 4, fall: 5';
    const own = 'name: slow, exec: [a], interval: 1m, timeout: 30s, rise: 1, fall: 2, effect: withdraw';
    expect(checksOf(`{${others}, checks: [{name: plain, exec: [a]}, {${own}}]}`)).toMatchObject([
      { intervalMs: 2000, timeoutMs: 1000, rise: 4, fall: 5 },
      { intervalMs: 60_000, timeoutMs: 30_000, rise: 1, fall: 2, effect: 'withdraw' },
    ]);
  });
});

const NAME = 'a name of at most 63 small letters, digits and dashes, such as dns';
const ENDPOINT = 'an address and a port, such as 10.99.66.10:53 or [fd99:66::10]:53';
const CODES = 'a status code or two with a dash between them, such as "204" or "200-399"';
const ONE_TARGET = 'exactly one of `tcp`, `http` and `exec`';
const URL = 'an http:// or https:// URL without a user';

describe('is refused', () => {
  test.each([
    ['{name: dns}', `: expected ${ONE_TARGET}, found a mapping`],
    ["{name: dns, tcp: '10.0.0.1:53', exec: [a]}", `: expected ${ONE_TARGET}, found a mapping`],
    ['{name: D n s, exec: [a]}', `.name: expected ${NAME}, found "D n s"`],
    ["{name: dns, tcp: 'dns:53'}", `.tcp: expected ${ENDPOINT}, found "dns:53"`],
    ["{name: dns, tcp: 'fd00::1:53'}", `.tcp: expected ${ENDPOINT}, found "fd00::1:53"`],
    ["{name: dns, tcp: '10.0.0.1:65536'}", `.tcp: expected ${ENDPOINT}, found "10.0.0.1:65536"`],
    ["{name: web, http: 'https://me:secret@web/'}", `.http: expected ${URL}, found "https://me:secret@web/"`],
    ["{name: web, http: 'ftp://web/'}", `.http: expected ${URL}, found "ftp://web/"`],
    ["{name: web, http: 'http://web/', status: 399-200}", `.status: expected ${CODES}, found "399-200"`],
    ['{name: web, exec: []}', '.exec: expected a list of a program and its arguments, found an empty list'],
    ['{name: web, exec: [a, 1]}', '.exec[1]: expected a text without a NUL, found 1'],
    ['{name: web, exec: ["a\\0b"]}', '.exec[0]: expected a text without a NUL, found "a\\u0000b"'],
    ['{name: web, exec: [a], effect: block}', '.effect: expected one of report, deprioritise, withdraw, found "block"'],
    ['{name: web, exec: [a], timeout: 5s}', '.timeout: expected at most the interval of 500ms, found 5000ms'],
    ['{name: web, exec: [a], interval: 100ms}', '.timeout: expected at most the interval of 100ms, found 500ms'],
  ])('%s', (written, problem) => {
    expect(problemsOf(`{checks: [${written}]}`)).toEqual([`health.checks[0]${problem}`]);
  });

  test('a name that another check has', () => {
    expect(problemsOf('{checks: [{name: web, exec: [a]}, {name: web, exec: [b]}]}')).toEqual([
      'health.checks[1].name: expected each name once, found web again',
    ]);
  });

  test('the timeout of all checks, once and not for each of them', () => {
    expect(problemsOf('{timeout: 1s, checks: [{name: web, exec: [a]}]}')).toEqual([
      'health.timeout: expected at most the interval of 500ms, found 1000ms',
    ]);
  });
});
