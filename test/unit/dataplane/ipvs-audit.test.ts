import { beforeEach, describe, expect, test } from 'vitest';
import { wantedService } from '../../../src/dataplane/ipvs/want.ts';
import { DRAIN_MS, nth, OTHER, POD, Rig, server, WEB } from './ipvs-rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('the audit', () => {
  beforeEach(async () => {
    await rig.want(server({ [POD]: 1, [OTHER]: 1 }), nth(0), nth(1));
    await rig.audit();
    rig.kernel.takeAsked();
  });

  test('of a table that is right reads each of our services once and writes nothing', async () => {
    expect(await rig.audit()).toMatchObject({ changes: [], problems: [], drift: [] });
    expect(rig.kernel.takeAsked().toSorted()).toEqual([
      'destinations tcp/10.99.66.10:1000',
      'destinations tcp/10.99.66.10:1001',
      'destinations tcp/10.99.66.10:80',
      'services',
    ]);
  });

  const EDITED = { ...wantedService(server()), scheduler: 'wlc' };
  test.each<[string, () => void]>([
    ['virtual-server-missing', () => rig.deleteServer()],
    ['virtual-server-changed', () => rig.kernel.do({ kind: 'edit-service', service: EDITED })],
    ['virtual-server-unexpected', () => rig.kernel.do({ kind: 'add-service', service: wantedService(nth(9)) })],
    ['real-server-missing', () => rig.weigh(POD, 1, 'delete')],
    ['real-server-changed', () => rig.weigh(POD, 9)],
    ['real-server-unexpected', () => rig.weigh('10.1.0.109', 1, 'add')],
  ])('finds and repairs %s, and counts it once', async (kind, somebody) => {
    const right = rig.table;
    somebody();
    expect(await rig.audit()).toMatchObject({ problems: [], drift: [kind] });
    expect(rig.table).toEqual(right);
    expect(await rig.audit()).toMatchObject({ changes: [], drift: [] });
  });

  test('goes on where it stopped: each call takes at most its time, and a round is whole in the end', async () => {
    rig.deleteServer();
    const changes: string[] = [];
    for (let call = 0; call < 3; call++) changes.push(...(await rig.audit(0)).changes);
    expect(changes.filter((change) => change.startsWith('add-service'))).toEqual([`add-service ${WEB} rr`]);
    expect(rig.kernel.asked.filter((asked) => asked === 'services')).toHaveLength(1);
  });

  test('gives way to a change that waits, one service further at each call', async () => {
    for (let call = 0; call < 3; call++) await rig.audit(1000, () => true);
    const readings = rig.kernel.takeAsked().filter((asked) => asked.startsWith('destinations'));
    expect(new Set(readings).size).toBe(3);
    await rig.audit(1000, () => true);
    expect(rig.kernel.takeAsked()).toHaveLength(2);
  });

  test('goes over a real server that drains until somebody gives it a weight, without calling its end a failure', async () => {
    await rig.want(server({ [POD]: 1, [OTHER]: 0 }), nth(0), nth(1));
    rig.weigh(OTHER, 5);
    expect(await rig.audit()).toMatchObject({ problems: [], drift: ['real-server-changed'] });
    expect(await rig.audit()).toMatchObject({ problems: [], drift: [] });
    expect(rig.table[WEB]).toEqual({ [POD]: 1 });
  });

  test('deletes nothing because of a reading that missed it', async () => {
    const service = wantedService(nth(9));
    let hidden = true;
    rig.kernel.meanwhile = (asked) => {
      // Somebody adds a virtual server for a moment, between the reading of all services and that of the one.
      if (asked === 'services' && hidden) rig.kernel.do({ kind: 'add-service', service });
      else if (asked.startsWith('service ') && hidden) {
        hidden = false;
        rig.kernel.do({ kind: 'delete-service', service });
      }
    };
    expect(await rig.audit()).toMatchObject({ changes: [], drift: [] });
    expect(rig.kernel.takeAsked()).not.toContain('delete-service');
  });

  test('takes a change of what is wanted that comes in the middle of a round for no drift', async () => {
    await rig.audit(0);
    await rig.want(server({ [POD]: 4, [OTHER]: 1 }, { scheduler: 'sh' }), nth(1), nth(2));
    expect(await rig.audit()).toMatchObject({ changes: [], drift: [], problems: [] });
    expect(rig.kernel.table.get(WEB)?.scheduler).toBe('sh');
  });

  test('says what it could not repair, and goes on trying', async () => {
    rig.deleteServer();
    rig.kernel.refuses = ({ kind }) => kind === 'add-service';
    const { problems } = await rig.audit();
    expect(problems).toContain(`add-service ${WEB} rr: EPERM`);
    expect(problems).toContain(`still to do: add-service ${WEB} rr`);
    expect((await rig.ipvs.ensure(rig.wanted, [])).problems).toEqual([`add-service ${WEB} rr: EPERM`]);
    rig.kernel.refuses = undefined;
    expect((await rig.ipvs.ensure(rig.wanted, [])).problems).toEqual([]);
    expect(rig.table[WEB]).toEqual({ [POD]: 1, [OTHER]: 1 });
  });

  test('that got no answer rejects, and the next call reads everything anew', async () => {
    rig.kernel.overflows = true;
    await expect(rig.audit()).rejects.toThrow('ENOBUFS');
    await rig.ipvs.ensure(rig.wanted, []);
    expect(rig.kernel.takeAsked()).toContain('services');
  });
});

/** Somebody else sets a weight every second, and each time we look. */
async function fight(times: number) {
  if (times > 1) await fight(times - 1);
  rig.now += 1000;
  rig.weigh(POD, 9);
  return rig.audit();
}

describe('a virtual server that somebody else changes again and again', () => {
  beforeEach(async () => {
    await rig.want(server({ [POD]: 1 }), nth(0));
  });

  test('is left alone after five repairs, named as contested, and counted no more', async () => {
    expect(await fight(5)).toMatchObject({ drift: ['real-server-changed'], contested: [] });
    expect(await fight(1)).toMatchObject({ changes: [], problems: [], contested: [`${WEB} ${POD}:8080`] });
    expect(await fight(1)).toMatchObject({ changes: [], drift: [] });
    expect(rig.table[WEB]).toEqual({ [POD]: 9 });
  });

  test('does not keep others from being repaired', async () => {
    await fight(6);
    rig.deleteServer('tcp/10.99.66.10:1000');
    expect((await rig.audit()).drift).toEqual(['virtual-server-missing']);
    expect(rig.table['tcp/10.99.66.10:1000']).toEqual({ [POD]: 1, [OTHER]: 1 });
  });

  test('is tried once more after a while, and is ours again when that stands', async () => {
    await fight(6);
    rig.now += 60_000;
    expect(await rig.audit()).toMatchObject({ contested: [`${WEB} ${POD}:8080`] });
    expect(rig.table[WEB]).toEqual({ [POD]: 1 });
    rig.now += 59_000;
    expect((await rig.audit()).contested).toHaveLength(1);
    rig.now += 1000;
    expect((await rig.audit()).contested).toEqual([]);
  });

  test('is forgotten when they take away what they insisted on', async () => {
    const theirs = nth(9);
    for (let time = 0; time < 6; time++) {
      rig.kernel.do({ kind: 'add-service', service: wantedService(theirs) });
      await rig.audit();
    }
    expect(Object.keys(rig.table)).toContain('tcp/10.99.66.10:1009');
    rig.deleteServer('tcp/10.99.66.10:1009');
    await rig.audit();
    rig.kernel.takeAsked();
    await rig.want(...rig.wanted.values(), theirs);
    expect(rig.kernel.takeAsked()).toEqual(['add-service', 'add-destination', 'add-destination']);
  });

  test('follows what the cluster says all the same', async () => {
    await fight(6);
    await rig.want(server({ [POD]: 3 }), nth(0));
    expect(rig.table[WEB]).toEqual({ [POD]: 3 });
  });
});

describe('draining', () => {
  const key = `${POD}:8080`;
  beforeEach(async () => {
    await rig.want(server({ [POD]: 1, [OTHER]: 1 }));
    rig.kernel.connect(WEB, key, 2);
  });

  test('a real server keeps its connections, goes when they are gone, and stays away', async () => {
    await rig.want(server({ [POD]: 0, [OTHER]: 1 }));
    expect(await rig.audit()).toMatchObject({ changes: [], drift: [] });
    expect(rig.table[WEB]).toEqual({ [POD]: 0, [OTHER]: 1 });
    rig.kernel.connect(WEB, key, 0);
    expect(await rig.audit()).toMatchObject({ changes: [`delete-destination ${WEB} ${key} weight 0`], drift: [] });
    expect(await rig.audit()).toMatchObject({ changes: [], drift: [] });
    await rig.ipvs.ensure(rig.wanted, [WEB]);
    expect(rig.table[WEB]).toEqual({ [OTHER]: 1 });
  });

  test('ends at its deadline, connections or not', async () => {
    await rig.want(server({ [POD]: 0, [OTHER]: 1 }));
    rig.now += DRAIN_MS - 1;
    expect((await rig.audit()).changes).toEqual([]);
    rig.now += 1;
    expect((await rig.audit()).changes).toHaveLength(1);
  });

  test('is over when the real server is wanted again, and begins anew the next time', async () => {
    await rig.want(server({ [POD]: 0, [OTHER]: 1 }));
    rig.now += DRAIN_MS - 1;
    await rig.want(server({ [POD]: 1, [OTHER]: 1 }));
    await rig.want(server({ [POD]: 0, [OTHER]: 1 }));
    rig.now += 1;
    expect((await rig.audit()).changes).toEqual([]);
  });

  test('does not end by a reading from before it began', async () => {
    rig.kernel.connect(WEB, key, 0);
    await rig.audit();
    rig.kernel.connect(WEB, key, 1);
    await rig.want(server({ [POD]: 0, [OTHER]: 1 }));
    expect(rig.table[WEB]).toEqual({ [POD]: 0, [OTHER]: 1 });
    expect((await rig.audit()).changes).toEqual([]);
  });

  test('never adds a real server, and leaves a virtual server without any other standing', async () => {
    await rig.want(server({ '10.1.0.103': 0 }));
    expect(rig.table[WEB]).toEqual({});
    expect(await rig.audit()).toMatchObject({ changes: [], problems: [] });
  });
});
