import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { leaseName } from '../../src/cluster/lease.ts';
import type { Presence } from '../../src/cluster/presence.ts';
import type { Census } from '../../src/model/census.ts';
import {
  ANNOUNCED,
  announcing,
  confirmed,
  DEPRIORITISED,
  DURATION_MS,
  eventually,
  Fleet,
  LEASES,
  own,
  pause,
} from './presence-rig.ts';

describe('what others do to Leases', () => {
  test('our own that somebody deletes or changes is written anew', async () => {
    await using fleet = await Fleet.open();
    const presence = fleet.join('lb-1');
    await confirmed(presence);
    for (const disturb of [
      () => fleet.server.delete(own(fleet)),
      () => fleet.server.put({ ...own(fleet), metadata: { ...own(fleet).metadata, labels: {} } }),
    ]) {
      disturb();
      await eventually(() => expect(own(fleet)?.metadata['labels']).toMatchObject({ 'fairlead.io/agent': '' }));
    }
    presence.tell(DEPRIORITISED);
    await confirmed(presence);
  });

  test('one of our name that belongs to somebody else is left alone', async () => {
    await using fleet = await Fleet.open();
    const foreign = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'fairlead', name: 'fairlead-lb-1' },
      spec: { holderIdentity: 'a-controller' },
    };
    fleet.server.put(foreign);
    const presence = fleet.join('lb-1');
    await eventually(() =>
      expect(presence.census()).toStrictEqual({
        known: false,
        why: 'expected the Lease fairlead-lb-1 to be held by lb-1, found "a-controller"',
      }),
    );
    expect(own(fleet)).toMatchObject(foreign);
  });

  test('one that makes no sense counts for nothing, is named once, and harms no other', async () => {
    await using fleet = await Fleet.open();
    const [first] = await fleet.announcing(2);
    const labels = { 'app.kubernetes.io/name': 'fairlead', 'fairlead.io/agent': '' };
    const metadata = { namespace: 'fairlead', name: 'fairlead-lb-9', labels };
    fleet.server.put({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
    const problem = 'Lease "fairlead-lb-9": expected a node in spec.holderIdentity, found nothing';
    await eventually(() =>
      expect(fleet.lines).toContainEqual(expect.objectContaining({ event: 'lease-invalid', problem })),
    );
    await confirmed(first as Presence);
    await pause(DURATION_MS);
    expect(fleet.lines.filter(({ event }) => event === 'lease-invalid')).toHaveLength(2);
    expect(announcing(first?.census() as Census)).toStrictEqual(['lb-2']);
  });

  test('a watch that does not show what was just written confirms nothing', async () => {
    await using fleet = await Fleet.open();
    const presence = fleet.join('lb-1', ANNOUNCED, { durationMs: 6000 });
    await confirmed(presence);
    fleet.server.tricks = { line: (line) => (line.includes('fairlead-lb-1') ? '' : line) };
    presence.tell(DEPRIORITISED);
    await eventually(() =>
      expect(own(fleet).metadata['annotations']).toMatchObject({ 'fairlead.io/state': 'deprioritised' }),
    );
    expect(presence.census()).toMatchObject({ confirmed: false });
    await eventually(() =>
      expect(presence.census()).toMatchObject({
        known: false,
        why: 'no watch shows the Lease fairlead-lb-1 as it was just written',
      }),
    );
    fleet.server.tricks = {};
    await confirmed(presence);
  });

  test('nor does one that is still being told what there is: old and new stand beside each other then', async () => {
    await using fleet = await Fleet.open();
    const presence = fleet.join('lb-1', ANNOUNCED, { durationMs: 6000 });
    await confirmed(presence);
    let shown = 0;
    fleet.server.tricks = {
      line: (line) => {
        if (line.includes('fairlead-lb-1') && line.includes('deprioritised')) shown += 1;
        return line.includes('BOOKMARK') ? '' : line;
      },
    };
    fleet.server.compact();
    fleet.server.endWatches();
    presence.tell(DEPRIORITISED);
    await eventually(() => expect(shown).toBeGreaterThan(0));
    await pause(500);
    expect(presence.census()).not.toMatchObject({ confirmed: true });
    fleet.server.tricks = {};
    fleet.server.reset();
    await confirmed(presence);
  });
});

test('asks for what the role in base/rbac.yaml allows, and for all of it', async () => {
  await using fleet = await Fleet.open();
  const verbs = new Set<string>();
  fleet.server.delay = (_moment, { method = '', url = '' }) => {
    const all = url.includes('watch=true') ? 'watch' : 'list';
    verbs.add(method === 'GET' && !url.startsWith(`${LEASES}/`) ? all : (VERBS[method] ?? method));
    return Promise.resolve();
  };
  // Without watch-lists there is a list first.
  fleet.server.faults.noWatchList = 'invalid';
  const presence = fleet.join('lb-1');
  await confirmed(presence);
  fleet.server.delete(own(fleet));
  presence.tell(DEPRIORITISED);
  await confirmed(presence);
  await presence.stop();
  const documents = parseAllDocuments(
    await readFile(new URL('../../deploy/kustomize/base/rbac.yaml', import.meta.url), 'utf8'),
  );
  const role = documents.map((document) => document.toJS() as Role).find(({ kind }) => kind === 'Role');
  expect([...verbs].toSorted()).toStrictEqual(role?.rules[0]?.verbs);
});

const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', DELETE: 'delete' };

interface Role {
  readonly kind: string;
  readonly rules: readonly { readonly verbs: readonly string[] }[];
}

test.each(['Lb_1', 'lb 1', 'übersetzer', '-', '.', '負荷分散', 'a'.repeat(300), 'LB-1', 'lb-1.'])(
  'a node named %j gets a Lease that the API takes',
  async (name) => {
    await using fleet = await Fleet.open();
    const odd = fleet.join(name);
    const plain = fleet.join('lb-1');
    await eventually(() => expect(announcing(plain.census())).toStrictEqual([name]));
    await eventually(() => expect(announcing(odd.census())).toStrictEqual(['lb-1']));
    expect(fleet.server.all('Lease').map(({ metadata }) => metadata.name)).toContain(leaseName(name));
  },
);
