import { expect, test } from 'vitest';
import { refusals } from '../../../src/dataplane/netlink/socket.ts';

const taken = { error: undefined, explanation: undefined };

test('what the kernel refused is told with its reason, each beside the operation it belongs to', () => {
  const answers = [
    taken,
    { error: 'EEXIST', explanation: undefined },
    { error: 'EINVAL', explanation: 'no such device' },
  ];
  expect(refusals(['a', 'b', 'c'], answers, (name) => `add ${name}`)).toEqual([
    'add b: EEXIST',
    'add c: EINVAL: no such device',
  ]);
});

test('operations without a refusal or without an answer say nothing', () => {
  expect(refusals(['a', 'b'], [taken], String)).toEqual([]);
});
