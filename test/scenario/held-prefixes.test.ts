import { describe, expect, test } from 'vitest';
import { heldPrefixes } from '../../src/bgp/held-prefixes.ts';
import { RANGE } from '../unit/bgp/sample.ts';
import { alone, BINARIES, failureOf, GLOBAL, LOCAL, pause } from './gobgp-trap-rig.ts';

describe.each(BINARIES)('a gobgpd %s', (_, binary) => {
  test('holds no prefix before it has been started, then those it was given, and none once it is gone', async (context) => {
    const { api, gobgpd } = await alone(binary, context);
    expect(await heldPrefixes(gobgpd)).toStrictEqual([]);
    await api.startBgp(GLOBAL);
    expect(await heldPrefixes(gobgpd)).toStrictEqual([]);
    await api.addPath(LOCAL);
    expect(await heldPrefixes(gobgpd)).toStrictEqual([RANGE]);
    await gobgpd.kill();
    expect(await heldPrefixes(gobgpd)).toStrictEqual([]);
  });

  test('that does not answer may hold anything, and none is not said of it', async (context) => {
    const { gobgpd } = await alone(binary, context, GLOBAL);
    gobgpd.stop();
    await pause(200);
    expect(await failureOf(heldPrefixes(gobgpd))).toMatchObject({ code: 'gobgpd-failed', outcome: 'silent' });
  });
});
