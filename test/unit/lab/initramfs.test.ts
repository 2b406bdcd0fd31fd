import { describe, expect, it } from 'vitest';
import { cpioArchive, loadOrder } from '../../../lab/machine/initramfs.ts';

describe('loadOrder', () => {
  const index = [
    'fs/9p/9p.ko: net/9p/9pnet.ko fs/netfs.ko',
    'net/9p/9pnet.ko:',
    'fs/netfs.ko:',
    'drivers/virtio-pci.ko.xz: net/9p/9pnet.ko',
    '',
  ].join('\n');

  it('puts what a module needs before it, and loads nothing twice', () => {
    expect(loadOrder(index, ['9p', 'virtio_pci'])).toEqual([
      'fs/netfs.ko',
      'net/9p/9pnet.ko',
      'fs/9p/9p.ko',
      'drivers/virtio-pci.ko.xz',
    ]);
  });

  it('leaves out what is built into the kernel', () => {
    expect(loadOrder(index, ['overlay'])).toEqual([]);
  });
});

describe('cpioArchive', () => {
  it('writes newc headers, names and contents, each padded to four bytes', () => {
    const archive = cpioArchive([
      { name: 'bin', content: undefined },
      { name: 'bin/a', content: Buffer.from('hello') },
    ]).toString('latin1');
    const [folder, file, end] = archive.split('070701').slice(1);
    expect(folder).toBe(`00000001000041ed${'0'.repeat(16)}00000001${'0'.repeat(48)}0000000400000000bin\0\0\0`);
    expect(file).toContain(`000000020000`.concat('81ed'));
    expect(file).toMatch(/bin\/a\0hello\0\0\0$/);
    expect(end).toContain('TRAILER!!!\0');
    expect(archive.length % 4).toBe(0);
  });
});
