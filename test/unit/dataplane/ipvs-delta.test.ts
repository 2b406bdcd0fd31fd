import { beforeEach, describe, expect, test } from 'vitest';
import { wantedService } from '../../../src/dataplane/ipvs/want.ts';
import { type VirtualServer, virtualServerKey } from '../../../src/model/virtual-server.ts';
import { inShort, nth, OTHER, POD, Rig, server, WEB } from './ipvs-rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

/** All that is wanted but one. */
const others = () => [...rig.wanted.values()].filter((one) => virtualServerKey(one) !== WEB);

describe('a change', () => {
  beforeEach(async () => {
    await rig.want(...Array.from({ length: 50 }, (_, index) => nth(index)), server({ [POD]: 1, [OTHER]: 1 }));
    rig.kernel.takeAsked();
  });
  test.each([
    ['another weight', server({ [POD]: 1, [OTHER]: 5 }), ['edit-destination']],
    ['one more real server', server({ [POD]: 1, [OTHER]: 1, '10.1.0.103': 1 }), ['add-destination']],
    ['a real server less', server({ [POD]: 1 }), ['delete-destination']],
    ['the beginning of a drain', server({ [POD]: 1, [OTHER]: 0 }), ['edit-destination']],
    [
      'another scheduler',
      server({ [POD]: 1, [OTHER]: 1 }, { scheduler: 'sh', schedulerFlags: ['port'] }),
      ['edit-service'],
    ],
    ['affinity', server({ [POD]: 1, [OTHER]: 1 }, { persistenceSeconds: 60 }), ['edit-service']],
  ])('%s costs one message, and nothing is read', async (_, changed, asked) => {
    expect(await rig.want(...others(), changed)).toMatchObject({ problems: [], drift: [] });
    expect(rig.kernel.takeAsked()).toEqual(asked);
  });

  test('of nothing asks nothing', async () => {
    await rig.want(...rig.wanted.values());
    expect(rig.kernel.takeAsked()).toEqual([]);
  });

  test('a virtual server that comes and goes costs one message more than its real servers, and one, each time', async () => {
    for (let time = 0; time < 2; time++) {
      await rig.want(...rig.wanted.values(), server({ [POD]: 1 }, { port: 443 }));
      expect(rig.kernel.takeAsked()).toEqual(['add-service', 'add-destination']);
      await rig.want(...[...rig.wanted.values()].filter(({ port }) => port !== 443));
      expect(rig.kernel.takeAsked()).toEqual(['delete-service']);
    }
  });

  test('what is wanted counts when its turn comes: a map that changed since is seen as it is then', async () => {
    const changing = rig.ipvs.ensure(rig.wanted, [WEB]);
    rig.wanted.set(WEB, server({ [POD]: 7, [OTHER]: 1 }));
    await changing;
    await rig.ipvs.ensure(rig.wanted, [WEB]);
    expect(rig.table[WEB]).toEqual({ [POD]: 7, [OTHER]: 1 });
  });
});

const asking = (scheduler: string) => server({ [POD]: 1 }, { scheduler, persistenceSeconds: 60 });

describe('a scheduler that the kernel lacks', () => {
  test.each([
    ['a new virtual server', []],
    ['one that stands', [asking('sh')]],
  ])('is replaced by the default one, and named, for %s', async (_, before) => {
    rig.kernel.lacks.add('ovf');
    await rig.want(...before);
    expect(await rig.want(asking('ovf'))).toMatchObject({ problems: [], drift: [], missingSchedulers: ['ovf'] });
    expect(rig.kernel.table.get(WEB)).toMatchObject({ scheduler: 'rr', flags: 1, timeout: 60 });
    expect(rig.table[WEB]).toEqual({ [POD]: 1 });
    expect(await rig.audit()).toMatchObject({ changes: [], problems: [], missingSchedulers: ['ovf'] });
  });

  test('is named no longer when nobody asks for it', async () => {
    rig.kernel.lacks.add('ovf');
    await rig.want(asking('ovf'));
    expect(await rig.want(asking('sh'))).toMatchObject({ problems: [], missingSchedulers: [] });
    expect(rig.kernel.table.get(WEB)?.scheduler).toBe('sh');
  });

  test('is a problem if it is the default one', async () => {
    rig.kernel.lacks.add('rr');
    const { problems } = await rig.want(asking('rr'));
    expect(problems).toEqual([expect.stringMatching(/^add-service tcp\/10\.99\.66\.10:80 rr: ENOENT/)]);
  });
});

describe('the first call', () => {
  test('adopts what stands, changes what differs, and leaves what is not ours alone; none of it is drift', async () => {
    const stray = wantedService(server({ [POD]: 1 }, { port: 6 }));
    const standing = wantedService(server({ [POD]: 3, [OTHER]: 1 }));
    rig = new Rig(stray, standing);
    const { changes, drift } = await rig.want(server({ [POD]: 3, [OTHER]: 2 }), nth(1));
    expect(changes.toSorted()).toEqual([
      'add-destination tcp/10.99.66.10:1001 10.1.0.101:8080 weight 1',
      'add-destination tcp/10.99.66.10:1001 10.1.0.102:8080 weight 1',
      'add-service tcp/10.99.66.10:1001 rr',
      'delete-service tcp/10.99.66.10:6 rr',
      'edit-destination tcp/10.99.66.10:80 10.1.0.102:8080 weight 2',
    ]);
    expect(drift).toEqual([]);
    expect(rig.kernel.asked).not.toContain('destinations tcp/192.0.2.1:80');
  });

  test('lets the event loop turn between its batches', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const count = (): void => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    let counting = true;
    setImmediate(count);
    await rig.want(...Array.from({ length: 640 }, (_, index) => nth(index)));
    counting = false;
    clearInterval(timer);
    expect(turns).toBeGreaterThan((640 * 3) / 64 / 2);
    expect(rig.kernel.table.size).toBe(641);
  });
});

describe('a refusal', () => {
  beforeEach(async () => {
    await rig.want(server({ [POD]: 1 }), nth(0));
    rig.kernel.takeAsked();
  });

  test.each<[string, () => void, VirtualServer, string]>([
    ['ESRCH', () => rig.deleteServer(), server({ [POD]: 2 }), 'virtual-server-missing'],
    ['ENOENT', () => rig.weigh(POD, 1, 'delete'), server({ [POD]: 2 }), 'real-server-missing'],
    ['EEXIST', () => rig.weigh(OTHER, 9, 'add'), server({ [POD]: 1, [OTHER]: 1 }), 'real-server-changed'],
  ])('with %s has that one virtual server read and planned again', async (_, somebody, changed, kind) => {
    somebody();
    const { drift, problems } = await rig.want(changed, nth(0));
    expect(problems).toEqual([]);
    expect(rig.table[WEB]).toEqual(inShort(new Map([[WEB, wantedService(changed)]]))[WEB]);
    expect(rig.kernel.takeAsked()).toContain(`service ${WEB}`);
    expect(rig.kernel.asked).not.toContain('services');
    expect([[], [kind]]).toContainEqual(drift);
  });

  test('of another kind is a problem that names the operation, and is tried again after a new reading', async () => {
    rig.kernel.refuses = ({ kind }) => kind === 'add-destination';
    const { problems } = await rig.want(server({ [POD]: 1, [OTHER]: 1 }), nth(0));
    expect(problems).toEqual([`add-destination ${WEB} ${OTHER}:8080 weight 1: EPERM`]);
    expect((await rig.ipvs.ensure(rig.wanted, [])).problems).toEqual(problems);
    expect(rig.kernel.takeAsked()).toContain(`service ${WEB}`);
    rig.kernel.refuses = undefined;
    expect(await rig.ipvs.ensure(rig.wanted, [])).toMatchObject({ problems: [], drift: [] });
    expect(rig.table[WEB]).toEqual({ [POD]: 1, [OTHER]: 1 });
    rig.kernel.takeAsked();
    await rig.ipvs.ensure(rig.wanted, []);
    expect(rig.kernel.takeAsked()).toEqual([]);
  });

  test('that stays after a new reading is a problem too, and only the first one of a virtual server', async () => {
    rig.kernel.meanwhile = (asked) =>
      void (asked === 'add-service' && rig.kernel.do({ kind: 'add-service', service: wantedService(nth(5)) }));
    rig.kernel.refuses = ({ kind }) => kind === 'add-service';
    const { problems } = await rig.want(server({ [POD]: 1 }), nth(0), nth(7));
    expect(problems).toEqual(['add-service tcp/10.99.66.10:1007 rr: EPERM']);
  });

  test('to answer at all makes it read everything anew, once', async () => {
    rig.kernel.overflows = true;
    const { problems } = await rig.want(server({ [POD]: 3 }), nth(0));
    expect(problems).toEqual([]);
    expect(rig.kernel.reopened).toBe(1);
    expect(rig.kernel.takeAsked()).toContain('services');
    expect(rig.table[WEB]).toEqual({ [POD]: 3 });
  });
});

test('an endpoint that flaps is one and the same destination of the kernel, however often', async () => {
  await rig.want(server({ [POD]: 1, [OTHER]: 1 }));
  rig.kernel.connect(WEB, `${OTHER}:8080`, 1);
  for (let time = 0; time < 1000; time++) {
    await rig.want(server({ [POD]: 1, [OTHER]: 0 }));
    await rig.want(server({ [POD]: 1, [OTHER]: 1 }));
  }
  expect(rig.kernel.trash.size).toBe(0);
  for (let time = 0; time < 1000; time++) {
    await rig.want(server({ [POD]: 1 }));
    await rig.want(server({ [POD]: 1, [OTHER]: 1 }));
  }
  expect(rig.kernel.trash.size).toBe(0);
  await rig.want(server({ [POD]: 1 }));
  expect(rig.kernel.trash.size).toBe(1);
});

const dns = (realServers: Record<string, number>) => server(realServers, { protocol: 'udp', port: 53 });

test('what was done over UDP is told, for conntrack to forget', async () => {
  expect((await rig.want(server())).udp).toEqual([]);
  const kinds = async (...servers: VirtualServer[]) => (await rig.want(...servers)).udp.map(({ kind }) => kind);
  expect(await kinds(server(), dns({ [POD]: 1 }))).toEqual(['add-service', 'add-destination']);
  expect(await kinds(server({ [OTHER]: 1 }), dns({ [POD]: 1 }))).toEqual([]);
  expect(await kinds(server(), dns({ [OTHER]: 1 }))).toEqual(['add-destination', 'delete-destination']);
});
