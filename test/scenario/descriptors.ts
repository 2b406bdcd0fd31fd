import { readFile } from 'node:fs/promises';
import descriptor, {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
} from 'google-protobuf/google/protobuf/descriptor_pb.js';

/** The files of an API, by the names under which a gobgpd carries their descriptors. */
export const API_FILES = {
  v3: ['gobgp.proto', 'attribute.proto'],
  v4: ['gobgp', 'attribute', 'extcom', 'common', 'nlri'].map((name) => `api/${name}.proto`),
} as const;

/** The descriptors that a program written in Go carries of the given .proto files. */
export async function carriedDescriptors(program: string, names: readonly string[]): Promise<FileDescriptorProto[]> {
  const bytes = await readFile(program);
  return names.map((name) => {
    const head = Buffer.concat([Buffer.of(NAME, name.length), Buffer.from(name), Buffer.of(PACKAGE)]);
    for (let at = bytes.indexOf(head); at !== -1; at = bytes.indexOf(head, at + 1)) {
      const file = bytes.subarray(at, endOfFile(bytes, at));
      // A file that imports this one names it as well.
      if (file.length > 10 * head.length) return descriptor.FileDescriptorProto.deserializeBinary(file);
    }
    throw new Error(`expected a descriptor of ${name} in ${program}, found none`);
  });
}

/** Tags of FileDescriptorProto, all of whose fields up to `syntax` are length-delimited but two. */
const [NAME, PACKAGE] = [0x0a, 0x12];
const TAGS: ReadonlySet<number> = new Set([PACKAGE, 0x1a, 0x22, 0x2a, 0x32, 0x3a, 0x42, 0x4a, 0x62]);

/** Where the fields end that belong to the FileDescriptorProto at `start`. */
function endOfFile(bytes: Buffer, start: number): number {
  let at = afterField(bytes, start);
  while (TAGS.has(bytes[at] ?? 0)) at = afterField(bytes, at);
  return at;
}

function afterField(bytes: Buffer, at: number): number {
  let [length, shift, next] = [0, 0, at + 1];
  for (;;) {
    const byte = bytes[next++] ?? 0;
    length |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return next + length;
  }
}

/** Every message, field, enum value and call, each in one line. */
export function itemsOf(files: readonly FileDescriptorProto[]): Set<string> {
  return new Set(files.flatMap((file) => fileItems(file)));
}

const fileItems = (file: FileDescriptorProto): string[] => {
  const scope = `.${file.getPackage()}`;
  return [
    ...file.getMessageTypeList().flatMap((type) => messageItems(type, scope)),
    ...file.getEnumTypeList().flatMap((type) => enumItems(type, scope)),
    ...file
      .getServiceList()
      .flatMap((service) =>
        service
          .getMethodList()
          .map(
            (call) =>
              `${scope}.${service.getName()}/${call.getName()} ${call.getInputType()} ${wellKnown(call.getOutputType())} ${call.getServerStreaming()}`,
          ),
      ),
  ];
};

function messageItems(type: DescriptorProto, scope: string): string[] {
  const name = `${scope}.${type.getName()}`;
  return [
    name,
    ...type
      .getFieldList()
      .map(
        (field) =>
          `${name}.${field.getName()} = ${field.getNumber()}: ${field.getLabel()} ${field.getType()} ${wellKnown(field.getTypeName())} ${field.hasOneofIndex()}`,
      ),
    ...type.getEnumTypeList().flatMap((inner) => enumItems(inner, name)),
    ...type.getNestedTypeList().flatMap((inner) => messageItems(inner, name)),
  ];
}

const enumItems = (type: EnumDescriptorProto, scope: string): string[] =>
  type.getValueList().map((value) => `${scope}.${type.getName()}.${value.getName()} = ${value.getNumber()}`);

/** Any and Empty are messages of ours that are laid out as Google's. */
const wellKnown = (name: string | undefined): string =>
  (name ?? '').replace(/^\.(google\.protobuf|apipb)\.(Any|Empty)$/, '.$2');
