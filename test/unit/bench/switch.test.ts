import { expect, test } from 'vitest';
import { renderSwitch } from '../../bench/switch/render.ts';
import { noSamples, resultOf } from '../../bench/switch/report.ts';
import { nextHopsIn } from '../../bench/switch/route-watch.ts';

const RANGE = '10.99.66.0/23';

test.each([
  ['10.99.66.0/23 nhid 15 via 10.22.108.100 dev eth0 proto bgp metric 20 ', ['10.22.108.100']],
  [
    '10.99.66.0/23 proto bgp metric 20 \\\tnexthop via 10.22.108.100 dev eth0 weight 1 \\\tnexthop via 10.22.108.101 dev eth0 weight 1 ',
    ['10.22.108.100', '10.22.108.101'],
  ],
  ['Deleted 10.99.66.0/23 via 10.22.108.100 dev eth0 proto bgp metric 20 ', []],
  ['10.99.66.0/24 via 10.22.108.100 dev eth0', undefined],
  ['Deleted 10.99.68.0/23 via 10.22.108.100 dev eth0', undefined],
  ['', undefined],
])('of %j the next hops are %j', (line, nextHops) => {
  expect(nextHopsIn(line, RANGE)).toEqual(nextHops);
});

test('the table has a row for each figure, named by its place once', () => {
  const place = { gobgpd: '4.8.0', switch: 'frr' };
  const samples = { ...noSamples(), withdrawn: [1, 2, 3], killed: [70] };
  const report = { machine: { kernel: '6.1', node: 'node v24' }, results: [resultOf(place, samples)] };
  const lines = renderSwitch(report).split('\n');
  expect(lines.find((line) => line.includes('announced'))).toMatch(/^gobgpd 4\.8\.0 +frr +announced +0 /);
  expect(lines.find((line) => line.includes('withdrawn'))).toMatch(/^ +withdrawn +3 +2 +3 +3$/);
  expect(lines.find((line) => line.includes('killed'))).toMatch(/^ +killed +1 +70 +70 +70$/);
});
