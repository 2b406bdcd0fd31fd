import { describe, expect, test } from 'vitest';
import {
  alone,
  BINARIES,
  established,
  eventually,
  failureOf,
  fieldsOf,
  GLOBAL,
  LOCAL,
  OURS,
  pair,
  PATIENT,
  received,
  type Subject,
  textsOf,
  UNICAST_IPV4,
  UNICAST_IPV6,
  wire,
} from './gobgp-trap-rig.ts';
import { PEER, RANGE, RANGE6 } from '../unit/bgp/sample.ts';

const OTHER = '10.99.68.0/23';

const held = async ({ api }: Subject): Promise<string[]> => (await api.paths()).map(({ prefix }) => prefix).toSorted();

const any = (name: string, value: Uint8Array) => ({ 1: `type.googleapis.com/apipb.${name}`, 2: value });

/** A path of 10.0.0.0 with this length and no attribute but its origin and its next hop. */
function rawPath({ binary }: Subject, length: number): Uint8Array {
  const prefix = { 1: length, 2: '10.0.0.0' };
  const path =
    binary.api === 'v3'
      ? {
          1: any('IPAddressPrefix', wire(prefix)),
          2: [any('OriginAttribute', wire({})), any('NextHopAttribute', wire({ 1: '0.0.0.0' }))],
          9: UNICAST_IPV4,
        }
      : { 1: { 1: prefix }, 2: [{ 2: {} }, { 4: { 1: '0.0.0.0' } }], 9: UNICAST_IPV4 };
  return wire({ 1: binary.api === 'v3' ? 0 : 1, 3: path });
}

/** What asks WatchEvent for every UPDATE of a peer. */
const ADJ_IN_EVENTS = { v3: wire({ 2: { 1: { 1: 1 } } }), v4: wire({ 2: { 1: { 1: 2 } } }) };

describe.concurrent.each(BINARIES)('gobgpd %s', (_, binary) => {
  test('empty DeletePath: it deletes every path, so ours never goes without its prefix', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const add = async (): Promise<void> => {
      await ours.api.addPath(LOCAL);
      await ours.api.addPath({ ...LOCAL, prefix: OTHER });
    };
    await add();
    await ours.api.deletePath(OTHER);
    expect(await held(ours)).toEqual([RANGE]);
    for (const prefix of ['', '10.99.66.0', '/0']) {
      expect(await failureOf(ours.api.deletePath(prefix))).toMatchObject({ code: 'gobgpd-failed' });
    }
    expect(await held(ours)).toEqual([RANGE]);
    await add();
    await ours.raw('DeletePath');
    expect(await held(ours)).toEqual(binary.api === 'v3' ? [] : [RANGE, OTHER]);
    await ours.raw('DeletePath', wire({ 3: UNICAST_IPV4 }));
    expect(await held(ours)).toEqual([]);
  });

  test('stale uuids: that of a path that was replaced is none any more, so ours withdraws by prefix', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const add = async () => fieldsOf(await ours.raw('AddPath', rawPath(ours, 8)), 1)[0] as Uint8Array;
    const [first, second] = [await add(), await add()];
    expect(Buffer.from(first)).not.toEqual(Buffer.from(second));
    expect(await failureOf(ours.raw('DeletePath', wire({ 5: first })))).toMatchObject({
      message: expect.stringContaining("can't find a specified path"),
    });
    expect(await held(ours)).toEqual(['10.0.0.0/8']);
    await ours.api.deletePath('10.0.0.0/8');
    expect(await held(ours)).toEqual([]);
  });

  test('a prefix with a length of 33: what it takes is no path, so ours is not sent', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const error = await failureOf(ours.raw('AddPath', rawPath(ours, 33)));
    const answers = await ours.rawList('ListPath', wire({ 1: binary.api === 'v3' ? 0 : 1, 3: UNICAST_IPV4 }));
    // 3.x says OK to it.
    expect(error === undefined).toBe(binary.api === 'v3');
    expect(answers.flatMap((answer) => textsOf(answer, 1, 1))).toEqual(binary.api === 'v3' ? ['<nil>/33'] : []);
    expect(await held(ours)).toEqual([]);
    expect(await failureOf(ours.api.addPath({ ...LOCAL, prefix: '10.0.0.0/33' }))).toMatchObject({
      message: expect.stringContaining('expected a canonical prefix'),
    });
  });

  test("'<nil>' and 'invalid IP': what stands for no address is read as none", async (context) => {
    const ours = await alone(binary, context);
    expect(textsOf(await ours.raw('GetBgp'), 1, 2)).toEqual(binary.api === 'v3' ? [] : ['invalid IP']);
    expect(await ours.api.global()).toBeUndefined();
    expect(await failureOf(ours.api.paths())).toMatchObject({ outcome: 'refused' });
    await ours.api.startBgp(GLOBAL);
    await ours.api.addPath(LOCAL);
    const answers = await ours.rawList('ListPath', wire({ 1: binary.api === 'v3' ? 0 : 1, 3: UNICAST_IPV4 }));
    expect(answers.flatMap((answer) => textsOf(answer, 1, 2, 15))).toEqual(binary.api === 'v3' ? ['<nil>'] : []);
    expect(await ours.api.paths()).toMatchObject([{ prefix: RANGE }]);
    expect(await ours.api.acceptedPaths()).toEqual([]);
  });

  test(
    'IPv6 next hop from an IPv4 session: gobgpd sends an IPv4 one, so ours is always spelled out',
    PATIENT,
    async (context) => {
      const families = ['ipv4', 'ipv6'] as const;
      const { ours, peer } = await pair(binary, context, { families });
      await ours.api.addPeer({ ...PEER, families });
      await established(ours);
      await ours.api.addPath({ ...LOCAL, prefix: RANGE6, nextHop: 'fd00:22:108::100' });
      expect(await failureOf(ours.api.addPath({ ...LOCAL, prefix: RANGE6 }))).toMatchObject({ code: 'gobgpd-failed' });
      await ours.api.addPath({ ...LOCAL, prefix: 'fd99:67::/112', nextHop: '::' });
      await eventually(async () => expect(await received(peer)).toEqual([RANGE6, 'fd99:67::/112']));
      if (peer.binary.api === 'v3') return;
      const answers = await peer.rawList('ListPath', wire({ 1: 1, 3: UNICAST_IPV6 }));
      expect(
        answers.map((one) => [textsOf(one, 1, 1), textsOf(one, 1, 2, 2, 12, 2)].flat().join(' ')).toSorted(),
      ).toEqual([`${RANGE6} fd00:22:108::100`, `fd99:67::/112 ${OURS}`]);
    },
  );

  test('the same path again: no UPDATE reaches the switch, so a replay costs nothing', PATIENT, async (context) => {
    const { ours, peer } = await pair(binary, context);
    await ours.api.addPath(LOCAL);
    await ours.api.addPeer(PEER);
    await eventually(async () => expect(await received(peer)).toEqual([RANGE]));
    const updates: Uint8Array[] = [];
    peer.gobgpd.api.watch(
      peer.method('WatchEvent'),
      ADJ_IN_EVENTS[peer.binary.api],
      (event) => updates.push(event),
      () => undefined,
    );
    for (let times = 0; times < 5; times++) await ours.api.addPath(LOCAL);
    await ours.api.addPath({ ...LOCAL, med: 7 });
    await eventually(() => expect(updates.length).toBeGreaterThan(0));
    expect(updates).toHaveLength(1);
  });
});
