import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  announcements,
  leavingSince,
  leavingStep,
  type Known,
  knownAfter,
  localPaths,
  pathOf,
  pathSteps,
} from '../../../src/bgp/paths.ts';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import { deprioritised, type Path } from '../../../src/model/path.ts';
import { LESS, RANGE, WANTED } from './sample.ts';

const OTHER = '10.99.68.0/23';
const PATH: Path = { prefix: RANGE, communities: ['64512:100'], med: 50 };
const LESSER = deprioritised(PATH, LESS);
const GLOBAL = { as: 64512, routerId: '10.22.108.100', listenPort: 179, listenAddresses: [] };
const wanted: WantedBgp = { ...WANTED, listenAddresses: [], ranges: [RANGE, OTHER], paths: [PATH] };
const known = (...paths: Path[]): Known => ({
  global: GLOBAL,
  paths: localPaths(paths, wanted).map((path) => ({ ...path, foreign: [] })),
});
const announce = (path: Path) => ({ do: 'announce-path', path: localPaths([path], wanted)[0] });
const withdraw = (prefix: string) => ({ do: 'withdraw-path', prefix });

describe('the steps to other paths, without a look', () => {
  test.each<[string, Known, Partial<WantedBgp>, string[], object[]]>([
    ['withdraw what is not wanted', known(PATH), { paths: [] }, [RANGE], [withdraw(RANGE)]],
    ['withdraw what may be there beside', known(), { paths: [] }, [RANGE], [withdraw(RANGE)]],
    ['announce what is not there', known(), {}, [], [announce(PATH)]],
    ['announce over what may still be there', known(), {}, [RANGE], [announce(PATH)]],
    ['replace without a withdrawal', known(PATH), { paths: [LESSER] }, [RANGE], [announce(LESSER)]],
    ['and back', known(LESSER), {}, [RANGE], [announce(PATH)]],
    [
      'withdraw first',
      known(PATH),
      { paths: [{ ...PATH, prefix: OTHER }] },
      [RANGE],
      [withdraw(RANGE), announce({ ...PATH, prefix: OTHER })],
    ],
    ['are none for the same paths', known(PATH), {}, [RANGE], []],
    ['are none while the paths are to stay as they are', known(PATH), { paths: undefined }, [RANGE], []],
    ['are none for a gobgpd that has not been started', { ...known(), global: undefined }, {}, [], []],
    ['are none for a gobgpd of another AS', known(PATH), { localAs: 64513, paths: [] }, [RANGE], []],
    ['are none for another router id', known(PATH), { routerId: '10.22.108.9', paths: [] }, [RANGE], []],
  ])('%s', (_, before, part, mayHold, steps) => {
    expect(pathSteps(before, { ...wanted, ...part }, mayHold)).toEqual(steps);
  });

  test('leave nothing to do of what is known, and nothing to withdraw', () => {
    const prefix = fc.constantFrom(RANGE, OTHER, '192.0.2.0/24');
    const path = fc.record({
      prefix,
      communities: fc.constant([]),
      med: fc.constantFrom(undefined, 1),
      prepend: fc.nat(3),
    });
    const paths = fc.uniqueArray(path, { selector: (one) => one.prefix });
    fc.assert(
      fc.property(paths, paths, fc.uniqueArray(prefix), (held, next, more) => {
        const want = { ...wanted, paths: next };
        const mayHold = [...new Set([...held.map((one) => one.prefix), ...more])];
        const after = knownAfter(known(...held), pathSteps(known(...held), want, mayHold));
        expect(announcements(localPaths(next, want), after.paths)).toEqual([]);
        const left = after.paths.map((one) => one.prefix);
        expect(leavingStep(new Map(), left, want, 0).size).toBe(0);
      }),
    );
  });
});

describe('what a gobgpd may hold and is not to is leaving', () => {
  test.each([
    [[], [PATH], undefined],
    [[RANGE], [PATH], undefined],
    [[RANGE, OTHER], [PATH], 7],
    [[RANGE], [], 7],
    [[RANGE], undefined, undefined],
  ])('of %j where %j is wanted: since %s', (mayHold, paths, since) => {
    expect(leavingSince(leavingStep(new Map(), mayHold, { paths }, 7))).toBe(since);
  });

  test('each since it is not wanted any more, whatever becomes of others', () => {
    const first = leavingStep(new Map(), [RANGE, OTHER], { paths: [PATH] }, 1);
    const both = leavingStep(first, [RANGE, OTHER], { paths: [] }, 2);
    expect(leavingSince(both)).toBe(1);
    const one = leavingStep(both, [RANGE], { paths: [] }, 3);
    expect(leavingSince(one)).toBe(2);
    const back = leavingStep(one, [RANGE], { paths: [PATH] }, 4);
    expect(leavingSince(leavingStep(back, [RANGE], { paths: [] }, 5))).toBe(5);
  });
});

describe('a path as gobgpd is told of it', () => {
  const far = { ...PATH, largeCommunities: ['64512:1:2'], localPref: 7, prepend: 2, linkBandwidth: 125_000_000 };

  test('has our AS in front as often as asked, and the link bandwidth with our AS', () => {
    expect(localPaths([far], wanted)).toEqual([
      {
        prefix: RANGE,
        nextHop: undefined,
        communities: ['64512:100'],
        largeCommunities: ['64512:1:2'],
        med: 50,
        localPref: 7,
        asPath: [64512, 64512],
        linkBandwidth: { as: 64512, bytesPerSecond: 125_000_000 },
      },
    ]);
  });

  test('has AS_TRANS where our AS number has 32 bits', () => {
    const [path] = localPaths([far], { ...wanted, localAs: 4_200_000_000 });
    expect(path?.linkBandwidth?.as).toBe(23_456);
  });

  test('has nothing in front where a peer is of our own AS, which would take it for a loop', () => {
    const [path] = localPaths([far], { ...wanted, peers: [...wanted.peers, { as: wanted.localAs }] });
    expect(path?.asPath).toEqual([]);
  });

  test.each([PATH, far, LESSER, { ...far, prefix: 'fd99:66::/112', nextHop: 'fd00:22:108::100' }])(
    'tells what it was made of: %o',
    (path) => {
      const held = localPaths([path], wanted).map((one) => ({ ...one, foreign: [] }));
      expect(localPaths(held.map(pathOf), wanted)).toEqual(localPaths([path], wanted));
    },
  );
});
