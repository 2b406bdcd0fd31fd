import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLease, encodeLease, leaseName, revisionOf } from '../../../src/cluster/lease.ts';
import type { Announcer } from '../../../src/model/census.ts';
import { TURN_STEPS } from '../../../src/model/drain.ts';

const OWN = {
  announcer: { node: 'lb-1', state: 'deprioritised', faults: ['probe-failed', 'ipvs-out-of-sync'] } as Announcer,
  namespace: 'fairlead',
  durationMs: 15_000,
  acquiredAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  renewedAt: Date.UTC(2026, 0, 2, 3, 4, 6, 78),
};

describe('our own Lease', () => {
  test('says who holds it, until when, and how the node announces', () => {
    expect(encodeLease(OWN)).toStrictEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'fairlead-lb-1',
        namespace: 'fairlead',
        labels: { 'app.kubernetes.io/name': 'fairlead', 'fairlead.io/agent': '' },
        annotations: {
          'fairlead.io/state': 'deprioritised',
          'fairlead.io/faults': 'probe-failed,ipvs-out-of-sync',
        },
      },
      spec: {
        holderIdentity: 'lb-1',
        leaseDurationSeconds: 15,
        acquireTime: '2026-01-02T03:04:05.000000Z',
        renewTime: '2026-01-02T03:04:06.078000Z',
      },
    });
  });

  test('is based on what it was, so that a write that comes too late changes nothing', () => {
    const { metadata } = encodeLease(OWN, { uid: 'u', resourceVersion: '7' });
    expect(metadata).toMatchObject({ uid: 'u', resourceVersion: '7' });
  });

  test('reads back as what was told, whatever the node is called', () => {
    const codes = fc.constantFrom<Announcer['faults'][number]>('probe-failed', 'peer-down', 'snat-out-of-sync');
    const announcer = fc.record({
      node: fc.string({ minLength: 1, unit: 'grapheme' }),
      state: fc.constantFrom<Announcer['state']>('announced', 'deprioritised', 'withdrawn'),
      faults: fc.uniqueArray(codes),
    });
    const turn = fc.record({ step: fc.constantFrom(...TURN_STEPS), number: fc.nat() });
    fc.assert(
      fc.property(announcer, fc.option(turn), (plain, its) => {
        const one: Announcer = its === null ? plain : { ...plain, turn: its };
        const decoded = decodeLease(JSON.parse(JSON.stringify(encodeLease({ ...OWN, announcer: one }))));
        expect(decoded).toMatchObject({ durationMs: 15_000, renewTime: '2026-01-02T03:04:06.078000Z' });
        expect(decoded).toHaveProperty('announcer', one);
      }),
    );
  });
});

describe('a Lease of the API', () => {
  const good = encodeLease(OWN) as { metadata: object; spec: object };
  const without = (part: 'metadata' | 'spec', change: object) => ({ ...good, [part]: { ...good[part], ...change } });
  const stated = (state: unknown) => without('metadata', { annotations: { 'fairlead.io/state': state } });

  test.each([
    ['null', null, 'expected a Lease with a name, found one without'],
    ['a text', 'Lease', 'expected a Lease with a name, found one without'],
    ['no metadata', {}, 'expected a Lease with a name, found one without'],
    ['no spec', { ...good, spec: null }, 'a node in spec.holderIdentity, found nothing'],
    ['no holder', without('spec', { holderIdentity: '' }), 'a node in spec.holderIdentity, found ""'],
    [
      'the Lease of another node under this name',
      without('spec', { holderIdentity: 'lb-2' }),
      'spec.holderIdentity to be the node that has this name, found "lb-2"',
    ],
    ['no renewal', without('spec', { renewTime: null }), 'a time in spec.renewTime, found nothing'],
    [
      'no duration',
      without('spec', { leaseDurationSeconds: null }),
      'whole seconds in spec.leaseDurationSeconds, found nothing',
    ],
    [
      'a duration of none',
      without('spec', { leaseDurationSeconds: 0 }),
      'whole seconds in spec.leaseDurationSeconds, found 0',
    ],
    ['no state', stated(undefined), 'a state of an announcement in the annotation fairlead.io/state, found nothing'],
    [
      'a state of another version',
      stated('drained'),
      'a state of an announcement in the annotation fairlead.io/state, found "drained"',
    ],
    [
      'a state that only looks like one',
      stated('toString'),
      'a state of an announcement in the annotation fairlead.io/state, found "toString"',
    ],
  ])('with %s is left out for one reason', (_title, raw, problem) => {
    const place = problem.startsWith('expected') ? '' : 'Lease "fairlead-lb-1": expected ';
    expect(decodeLease(raw)).toStrictEqual({ problem: place + problem });
  });

  test('may name faults of another version, which say nothing here', () => {
    const annotations = { 'fairlead.io/state': 'withdrawn', 'fairlead.io/faults': 'probe-failed,gravity-lost,' };
    expect(decodeLease(without('metadata', { annotations }))).toMatchObject({
      announcer: { state: 'withdrawn', faults: ['probe-failed'] },
    });
  });

  test.each([
    ['waits 3', { step: 'waits', number: 3 }],
    ['leaves 3', { step: 'drains', number: 3 }],
    ['hesitates', { step: 'drains', number: 0 }],
    [7, { step: 'drains', number: 0 }],
    ['claims 12345678901234567890', { step: 'drains', number: 0 }],
  ])('that says of a drain %j counts as one that drains where it cannot be understood', (text, turn) => {
    const annotations = { 'fairlead.io/state': 'announced', 'fairlead.io/drain': text };
    expect(decodeLease(without('metadata', { annotations }))).toHaveProperty('announcer.turn', turn);
  });

  test('is decoded without a throw, whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (raw) => void decodeLease(raw)));
  });

  test('without uid or version is nothing to base a change on', () => {
    expect(revisionOf({ metadata: { uid: 'u', resourceVersion: '7', name: 'x' } })).toStrictEqual({
      uid: 'u',
      resourceVersion: '7',
    });
    for (const raw of [null, {}, { metadata: { uid: 'u' } }, { metadata: { resourceVersion: 7, uid: 'u' } }]) {
      expect(() => revisionOf(raw)).toThrow('without uid or resourceVersion');
    }
  });
});

describe('the name of a Lease', () => {
  test.each([
    ['lb-1', 'fairlead-lb-1'],
    ['lb-1.example.com', 'fairlead-lb-1.example.com'],
    ['Lb_1', 'fairlead-lb-1-7a1ef9b4a2a58f57'],
  ])('of %s is %s', (node, name) => {
    expect(leaseName(node)).toBe(name);
  });

  test('is valid, and each node has its own', () => {
    const names = new Map<string, string>();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (node) => {
        const name = leaseName(node);
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
        expect(name.length).toBeLessThanOrEqual(253);
        expect(names.get(name) ?? node).toBe(node);
        names.set(name, node);
      }),
    );
  });
});
