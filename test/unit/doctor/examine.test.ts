import { expect, test } from 'vitest';
import { renderFindings } from '../../../src/cli/findings.ts';
import { examine } from '../../../src/doctor/examine.ts';
import { type Finding, ok, warning } from '../../../src/doctor/finding.ts';
import { problemOf } from '../../../src/doctor/look.ts';
import { configOf } from './config.ts';

test('a group that comes to no end in its time says so, and holds up no other', async () => {
  const config = configOf();
  // A passive peer is never asked for a connection.
  const peers = config.bgp.peers.map((peer) => ({ ...peer, passive: true }));
  const findings = await examine({ ...config, bgp: { ...config.bgp, peers } }, 0);
  const looks = findings.filter(({ check }) => check.startsWith('look: '));
  expect(looks).toContainEqual(
    expect.objectContaining({ severity: 'warning', found: 'could not look: no end within 0 s' }),
  );
});

test('what is missing is a word, not the output of a command', () => {
  const error = new Error('ip -json link: Error: Command failed with ENOENT: ip -json link\nspawn ip ENOENT: ');
  expect(problemOf(error)).toBe('there is no program `ip` here');
  expect(problemOf(new Error('EPERM', { cause: new Error('no') }))).toBe('EPERM: no');
});

test('errors come first, no line is wider than 80 columns, and a command stays whole', () => {
  const long = 'x'.repeat(90);
  const findings: Finding[] = [
    ok('clock', 'well'),
    warning('peer: 10.22.108.1', 'word '.repeat(40).trim(), `\`${long}\``),
    { check: 'gobgpd', severity: 'error', found: 'gone', remedy: 'start it' },
  ];
  const lines = renderFindings(findings, false).split('\n');
  expect(lines.slice(0, 5)).toStrictEqual([
    'ERROR',
    '  gobgpd            gone',
    '                    -> start it',
    '',
    'WARNING',
  ]);
  expect(lines.filter((line) => line.length > 80).map((line) => line.trim())).toStrictEqual([`\`${long}\``]);
  expect(lines.slice(-3)).toStrictEqual(['', '1 error, 1 warning, 1 ok', '']);
});
