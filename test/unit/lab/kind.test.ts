import { describe, expect, it } from 'vitest';
import { chooseKind } from '../../../lab/machine/kind.ts';

const all = { root: true, ipvs: true, uml: true, qemu: true };

describe('chooseKind', () => {
  it('takes the fastest kind that can run here', () => {
    expect(chooseKind(undefined, all)).toBe('native');
    expect(chooseKind('', { ...all, ipvs: false })).toBe('uml');
    expect(chooseKind(undefined, { ...all, root: false, uml: false })).toBe('qemu');
  });

  it('takes the kind wished for', () => {
    expect(chooseKind('qemu', all)).toBe('qemu');
  });

  it.each([
    ['native', { ...all, root: false }, 'FAIRLEAD_LAB=native cannot run here: it needs root'],
    ['native', { ...all, ipvs: false }, 'the kernel of this machine has no ip_vs'],
    ['uml', { ...all, uml: false }, 'linux.uml of the package user-mode-linux is missing'],
    ['kvm', all, 'FAIRLEAD_LAB: expected native, uml or qemu, found "kvm"'],
    [undefined, { root: false, ipvs: false, uml: false, qemu: false }, 'native: it needs root; uml: linux.uml'],
  ])('says why %s cannot be', (wish, host, message) => {
    expect(() => chooseKind(wish, host)).toThrow(message);
  });
});
