import { describe, expect, test } from 'vitest';
import { Tally } from '../../src/agent/tally.ts';
import type { Counts } from '../../src/model/status.ts';
import { eventually, Rig, service, slice, WEB } from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();

const seen = ({ programming }: Counts): number => programming.counts.reduce((sum, count) => sum + count, 0);

describe('what an agent counts', () => {
  test('the first reading is no event, and each change after it is one that is timed', async () => {
    await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
    await rig.reaches('announced');
    expect(seen(rig.status.counts)).toBe(0);
    await rig.write('api.yaml', service('api', '10.99.66.11') + slice('api'));
    await eventually(() => expect(rig.kernel.table.has('tcp/10.99.66.11:80')).toBe(true));
    await eventually(() => expect(seen(rig.status.counts)).toBe(1));
    expect(rig.status.counts.programming.sum).toBeGreaterThan(0);
    await rig.write('notes.yaml', '# nothing that the kernel would have to know\n');
    await rig.write('web.yaml', `${WEB}# nor this\n`);
    const { passes } = rig.kernel;
    await eventually(() => expect(rig.kernel.passes).toBeGreaterThan(passes + 3));
    expect(seen(rig.status.counts)).toBe(1);
  });

  test('what could not be written is an error and has no time', async () => {
    await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
    await rig.reaches('announced');
    rig.kernel.refuses.add('ipvs');
    await rig.write('api.yaml', service('api', '10.99.66.11') + slice('api'));
    await eventually(() => expect(rig.status.counts.kernelErrors['ipvs']).toBeGreaterThan(0));
    expect(seen(rig.status.counts)).toBe(0);
  });

  test('goes on from where it was when another agent of the process takes over', async () => {
    const tally = new Tally();
    const options = { target: gobgpd().target, files: { 'web.yaml': WEB }, tally };
    await using first = await Rig.start(options);
    await first.reaches('announced');
    await first.write('api.yaml', service('api', '10.99.66.11') + slice('api'));
    await eventually(() => expect(seen(first.status.counts)).toBe(1));
    await first.handOver();
    const before = first.status.counts;
    await using second = await Rig.start(options);
    await second.reaches('announced');
    const now = second.status.counts;
    expect(now.transitions).toStrictEqual([{ from: 'withdrawn', to: 'announced', reason: undefined, count: 2 }]);
    expect(now.checks['probe']?.good).toBeGreaterThan(before.checks['probe']?.good ?? 0);
    expect(now.kernelChanges['ipvs']).toBeGreaterThan(before.kernelChanges['ipvs'] ?? 0);
    expect(seen(now)).toBe(1);
  });
});
