import type {
  DescriptorProto,
  EnumDescriptorProto,
  FileDescriptorProto,
  MethodDescriptorProto,
  ServiceDescriptorProto,
} from 'google-protobuf/google/protobuf/descriptor_pb.js';
import { camelCase, type FieldCode, fieldCode } from './field-code.ts';

const head = (proto: string): string[] => [
  `// Made from ${proto} by proto/generate.ts. Do not edit.`,
  `import { BinaryReader, BinaryWriter } from 'google-protobuf';`,
  `import type { ServiceDefinition } from '@grpc/grpc-js';`,
  '',
  '/** What may be written of a message: every field may be left out and then has its default. */',
  'export type Init<M> = M extends Uint8Array ? M : M extends readonly (infer E)[] ? readonly Init<E>[] : M extends object ? { readonly [K in keyof M]?: Init<M[K]> | undefined } : M;',
  '',
  'export interface Codec<M> { encode(m: Init<M>, w?: BinaryWriter): BinaryWriter; decode(r: BinaryReader): M }',
  '',
  '// google-protobuf 4 reads packed and unpacked fields by one call, which its published types do not know yet.',
  `declare module 'google-protobuf' { interface BinaryReader { readPackableUint32Into(into: number[]): void } }`,
  '',
  'export const toBytes = <M>(codec: Codec<M>, m: Init<M>): Uint8Array => codec.encode(m).getResultBuffer() as Uint8Array;',
  'export const fromBytes = <M>(codec: Codec<M>, bytes: Uint8Array): M => codec.decode(new BinaryReader(bytes));',
  '',
];

/**
 * One TypeScript module for a file descriptor: an interface and a codec for each message, an object for each enum, a
 * grpc-js service definition for each service. Plain type annotations only, so that Node runs it by stripping them.
 * Known are the field types GoBGP's messages of ours have; another one is refused with its name.
 */
export function moduleText(file: FileDescriptorProto, proto: string): string {
  const scope = file.getPackage() ?? '';
  const lines = [
    ...head(proto),
    ...file.getEnumTypeList().flatMap((type) => enumLines(type, '')),
    ...file.getMessageTypeList().flatMap((type) => messageLines(type, '', scope)),
    ...CODECS,
    ...file.getServiceList().flatMap((service) => serviceLines(service, scope)),
  ];
  return `${lines.join('\n')}\n`;
}

function enumLines(type: EnumDescriptorProto, outer: string): string[] {
  const name = outer + type.getName();
  const values = type.getValueList().map((value) => `${value.getName()}: ${value.getNumber()}`);
  return [`export const ${name} = { ${values.join(', ')} } as const;`, ''];
}

function messageLines(type: DescriptorProto, outer: string, scope: string): string[] {
  const name = outer + type.getName();
  const fields = type.getFieldList().map((field) => fieldCode(field, scope));
  return [
    ...type.getEnumTypeList().flatMap((inner) => enumLines(inner, `${name}_`)),
    ...type.getNestedTypeList().flatMap((inner) => messageLines(inner, `${name}_`, scope)),
    `export interface ${name} { ${fields.map(({ declared }) => declared).join(' ')} }`,
    `export const ${name}: Codec<${name}> = {`,
    ...encodeLines(fields),
    ...decodeLines(fields, name),
    '};',
    '',
  ];
}

const encodeLines = (fields: readonly FieldCode[]): string[] => [
  `  encode(${fields.length === 0 ? '_' : ''}m, w = new BinaryWriter()) {`,
  ...fields.map(({ encoded }) => `    ${encoded}`),
  '    return w;',
  '  },',
];

const decodeLines = (fields: readonly FieldCode[], name: string): string[] => [
  '  decode(r) {',
  `    const m: ${name} = { ${fields.flatMap(({ initial }) => initial ?? []).join(', ')} };`,
  '    while (r.nextField() && !r.isEndGroup()) {',
  '      switch (r.getFieldNumber()) {',
  ...fields.map(({ decoded }) => `        ${decoded}`),
  '        default: r.skipField();',
  '      }',
  '    }',
  '    return m;',
  '  },',
];

const serviceLines = (service: ServiceDescriptorProto, scope: string): string[] => [
  `export const ${service.getName()} = {`,
  ...service.getMethodList().map((method) => methodLine(method, `/${scope}.${service.getName()}`, scope)),
  '} satisfies ServiceDefinition;',
];

function methodLine(method: MethodDescriptorProto, path: string, scope: string): string {
  const input = camelCase.type(method.getInputType(), scope);
  const output = camelCase.type(method.getOutputType(), scope);
  const streams = `requestStream: ${method.getClientStreaming()}, responseStream: ${method.getServerStreaming()}`;
  return `  ${method.getName()}: { path: '${path}/${method.getName()}', ${streams}, ...codecs(${input}, ${output}) },`;
}

const CODECS = [
  'const codecs = <Q, P>(request: Codec<Q>, response: Codec<P>) => ({',
  '  requestSerialize: (m: Init<Q>): Buffer => Buffer.from(toBytes(request, m)),',
  '  requestDeserialize: (bytes: Buffer): Q => fromBytes(request, bytes),',
  '  responseSerialize: (m: Init<P>): Buffer => Buffer.from(toBytes(response, m)),',
  '  responseDeserialize: (bytes: Buffer): P => fromBytes(response, bytes),',
  '});',
  '',
];
