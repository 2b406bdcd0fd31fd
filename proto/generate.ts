// `npm run proto`: turns each .proto of this folder into one TypeScript module under src/bgp/gen.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import descriptor, { type FileDescriptorProto } from 'google-protobuf/google/protobuf/descriptor_pb.js';
import { moduleText } from './module-text.ts';

const ROOT = join(import.meta.dirname, '..');

/** Every .proto of this folder with the module made from it, relative to the repository. */
export const MODULES = [
  { proto: 'proto/gobgp-v3.proto', module: 'src/bgp/gen/gobgp-v3.ts' },
  { proto: 'proto/gobgp-v4.proto', module: 'src/bgp/gen/gobgp-v4.ts' },
] as const;

/**
 * The TypeScript module for one .proto file.
 * @param proto its path, relative to the repository
 * @throws the error of protoc, with what it printed, where the file is not valid
 */
export const generate = async (proto: string): Promise<string> => moduleText(await describeProto(proto), proto);

/** What protoc says of one .proto file. Throws as `generate` does. */
export async function describeProto(proto: string): Promise<FileDescriptorProto> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-proto-'));
  try {
    const set = join(folder, 'set.pb');
    await execa('protoc', ['-I', join(ROOT, 'proto'), `--descriptor_set_out=${set}`, join(ROOT, proto)], {
      preferLocal: true,
      localDir: ROOT,
    });
    const [file] = descriptor.FileDescriptorSet.deserializeBinary(await readFile(set)).getFileList();
    if (file === undefined) throw new Error(`expected a descriptor of ${proto} from protoc, got none`);
    return file;
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const { proto, module } of MODULES) await writeFile(join(ROOT, module), await generate(proto));
}
