import { join } from 'node:path';
import { laterDebianStep } from './later-debian.mjs';
import { GOBGPDS } from './place.mjs';

/** The gobgpds that the tests want beside Debian 12's 3.10. Without them, what needs them is skipped. */
export const gobgpds = [
  {
    suite: 'forky',
    folder: '4',
    expected: '4.x from 4.6 on',
    isExpected: (major, minor) => major === 4 && minor >= 6,
  },
  { suite: 'trixie', folder: '3.36', expected: '3.36', isExpected: (major, minor) => major === 3 && minor === 36 },
].map(({ folder, suite, ...versions }) =>
  laterDebianStep({
    name: `gobgpd ${folder} of Debian ${suite}`,
    suite,
    package: 'gobgpd',
    program: 'usr/bin/gobgpd',
    folder: join(GOBGPDS, folder),
    ...versions,
  }),
);
