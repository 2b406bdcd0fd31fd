import { describe, expect, test } from 'vitest';
import {
  CANARY_KEY,
  eventually,
  pause,
  RANGE,
  Rig,
  type RigOptions,
  service,
  slice,
  WEB,
  WEB_KEY,
} from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();

const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
  Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, ...options });
const prefixes = async (): Promise<string[]> => (await gobgpd().table()).map(({ prefix }) => prefix);
const holds = (expected: readonly string[]): Promise<void> =>
  eventually(async () => expect(await prefixes()).toStrictEqual(expected));

describe('one bad thing is named, and the rest goes on', () => {
  const GOES_ON = [CANARY_KEY, WEB_KEY];

  async function goesOn(rig: Rig, skipped: object, conditions: readonly string[]): Promise<void> {
    await rig.reaches('announced');
    await holds([RANGE]);
    expect(rig.status.skipped).toMatchObject([skipped]);
    expect(rig.conditions.filter((code) => code !== 'peer-down')).toStrictEqual(conditions);
    expect([...rig.kernel.table.keys()]).toStrictEqual(GOES_ON);
  }

  test.each([
    ['a Service without a slice', service('db', '10.99.66.20'), 'Service default/db', 'no-endpoints'],
    [
      'a Service whose slice has a nil port name',
      service('db', '10.99.66.20') + slice('db', '{ port: 5432 }'),
      'Service default/db',
      'no-endpoints',
    ],
    [
      'a slice whose port has no number',
      slice('web', '{ name: admin }').replace('web-1', 'web-2'),
      'EndpointSlice default/web-2 port "admin"',
      'port-invalid',
    ],
    ['a Service outside the ranges', service('out', '10.98.0.1'), 'Service default/out', 'outside-ranges'],
    ['an IPv6 Service', service('six', '"fd99:66::a"'), 'Service default/six', 'family-not-served'],
    [
      'a Service at an address that is taken',
      service('zeb', '10.99.66.10') + slice('zeb'),
      'Service default/zeb',
      'port-conflict',
    ],
    ['a Service with a nonsense address', service('odd', 'x'), 'Service default/odd', 'object-invalid'],
    ['a file that is no YAML', 'kind: [', 'file other.yaml', 'file-invalid'],
  ])('%s', async (_, text, object, reason) => {
    await using rig = await start({ files: { 'web.yaml': WEB, 'other.yaml': text } });
    await goesOn(rig, { object, reason }, ['objects-skipped']);
  });

  test('a headless Service is no condition', async () => {
    await using rig = await start({ files: { 'web.yaml': WEB, 'other.yaml': service('none', 'None') } });
    await goesOn(rig, { object: 'Service default/none', reason: 'headless' }, []);
  });

  test('a file that breaks later keeps what it said', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    await rig.write('web.yaml', 'kind: [');
    await eventually(() => expect(rig.conditions).toContain('objects-skipped'));
    await goesOn(rig, { object: 'file web.yaml', reason: 'file-invalid' }, ['objects-skipped']);
    expect(rig.decisions).toStrictEqual(['announced']);
  });

  test('a source that is lost is stale, and everything is served on', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    await rig.delete('web.yaml');
    await eventually(() => expect(rig.conditions).toContain('source-stale'));
    await pause(50);
    expect(rig.decisions).toStrictEqual(['announced']);
    expect([...rig.kernel.table.keys()]).toStrictEqual(GOES_ON);
  });

  test('a range that holds the address of the node is left out, the other one is announced', async () => {
    await using rig = await start({ ranges: [RANGE, '10.1.0.0/16'] });
    await rig.reaches('announced');
    await holds([RANGE]);
    expect(rig.status.conditions).toContainEqual({
      code: 'range-overlaps-node',
      detail: '10.1.0.0/16 overlaps 10.1.0.1/24 on cni0',
    });
    expect([...rig.kernel.table.keys()]).toStrictEqual(GOES_ON);
  });

  test('with no range left nothing is announced and the kernel is not touched', async () => {
    await using rig = await start({ ranges: ['10.1.0.0/16'] });
    await rig.reaches('ranges-overlap-node');
    await pause(50);
    expect(rig.kernel.passes).toBe(0);
    expect(await prefixes()).toStrictEqual([]);
  });
});
