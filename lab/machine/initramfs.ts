import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LabError } from '../error.ts';
import { CACHE, CHECKOUT, findFile, LAB_ROOT } from './place.ts';

/** What the kernel needs to mount the host's root and to put a layer over it, and for the channel. */
const MODULES = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay'];

/** A Debian kernel that has been unpacked by set-up or is installed here. */
export interface Kernel {
  readonly image: string;
  readonly modules: string;
}

/** The newest kernel there is with its modules and their index, or undefined. */
export function findKernel(): Kernel | undefined {
  for (const folder of [join(LAB_ROOT, 'boot'), '/boot']) {
    if (!existsSync(folder)) continue;
    const images = readdirSync(folder).filter((name) => name.startsWith('vmlinuz-'));
    for (const image of images.toSorted().toReversed()) {
      const modules = findFile(`usr/lib/modules/${image.replace('vmlinuz-', '')}`);
      if (modules !== undefined && existsSync(join(modules, 'modules.dep')))
        return { image: join(folder, image), modules };
    }
  }
  return undefined;
}

/** Makes the first file system of a QEMU machine, if it is not there yet, and returns its path. */
export function makeInitramfs({ modules }: Kernel): string {
  const busybox = findFile('usr/bin/busybox') ?? findFile('bin/busybox');
  if (busybox === undefined) throw new LabError('busybox of the package busybox-static is missing');
  const script = readFileSync(join(CHECKOUT, 'lab/guest/initramfs.sh'));
  const hash = createHash('sha256').update(script).update(modules).digest('hex').slice(0, 16);
  const path = join(CACHE, 'lab', `initramfs-${hash}.gz`);
  if (existsSync(path)) return path;
  const loads = loadOrder(readFileSync(join(modules, 'modules.dep'), 'utf8'), MODULES);
  const archive = cpioArchive([
    ...['bin', 'modules', 'proc', 'dev', 'host'].map((name) => ({ name, content: undefined })),
    { name: 'init', content: script },
    { name: 'bin/busybox', content: readFileSync(busybox) },
    ...loads.map((file, index) => ({
      name: `modules/${String(index).padStart(2, '0')}.ko`,
      content: readFileSync(join(modules, file)),
    })),
  ]);
  writeFileSync(`${path}.${process.pid}`, gzipSync(archive, { level: 1 }));
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

/**
 * The files to load, in their order, for modules and all they depend on. Modules that are built into the kernel have
 * no file and are left out.
 * @param index the text of modules.dep: `path/a.ko: path/b.ko path/c.ko`, where c has to be loaded before b
 */
export function loadOrder(index: string, names: readonly string[]): string[] {
  const entries = new Map<string, string[]>();
  for (const line of index.split('\n').filter(Boolean)) {
    const [file = '', needs = ''] = line.split(':');
    const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.ko.*$/, '');
    entries.set(name.replaceAll('-', '_'), [file, ...needs.split(' ').filter(Boolean)]);
  }
  return [...new Set(names.flatMap((name) => (entries.get(name) ?? []).toReversed()))];
}

interface ArchiveEntry {
  readonly name: string;
  /** Undefined for a folder. */
  readonly content: Buffer | undefined;
}

/** An archive in cpio's newc format, as the kernel unpacks it; every file may be executed. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const end = { name: 'TRAILER!!!', content: undefined };
  return Buffer.concat([...entries, end].flatMap((entry, index) => cpioEntry(entry, index + 1)));
}

function cpioEntry({ name, content }: ArchiveEntry, inode: number): Buffer[] {
  const mode = content === undefined ? 0o040755 : 0o100755;
  const size = content?.length ?? 0;
  // inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name with its NUL, checksum
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return [padded(Buffer.from(header)), padded(content ?? Buffer.of())];
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
