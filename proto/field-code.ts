import descriptor, { type FieldDescriptorProto } from 'google-protobuf/google/protobuf/descriptor_pb.js';

const { Type, Label } = descriptor.FieldDescriptorProto;

/** The four places of a message's code that one field has a part in. */
export interface FieldCode {
  /** Its member of the interface. */
  readonly declared: string;
  /** Its default in a decoded message; undefined where an absent field stays absent. */
  readonly initial: string | undefined;
  readonly encoded: string;
  /** Its case in the decoder's switch. */
  readonly decoded: string;
}

interface Scalar {
  readonly type: string;
  /** The ending of the reader's and the writer's method. */
  readonly method: string;
  readonly zero: string;
}

// 64-bit numbers become plain numbers: the only ones we use are seconds, and changes of a MED, which has 32 bits.
const SCALARS: ReadonlyMap<number, Scalar> = new Map([
  [Type.TYPE_STRING, { type: 'string', method: 'String', zero: `''` }],
  [Type.TYPE_BYTES, { type: 'Uint8Array', method: 'Bytes', zero: 'new Uint8Array()' }],
  [Type.TYPE_BOOL, { type: 'boolean', method: 'Bool', zero: 'false' }],
  [Type.TYPE_UINT32, { type: 'number', method: 'Uint32', zero: '0' }],
  [Type.TYPE_INT32, { type: 'number', method: 'Int32', zero: '0' }],
  [Type.TYPE_UINT64, { type: 'number', method: 'Uint64', zero: '0' }],
  [Type.TYPE_INT64, { type: 'number', method: 'Int64', zero: '0' }],
  // An enum of proto3 is open: what is read may be a value that has no name yet.
  [Type.TYPE_ENUM, { type: 'number', method: 'Enum', zero: '0' }],
  [Type.TYPE_FLOAT, { type: 'number', method: 'Float', zero: '0' }],
]);

/** Names as TypeScript writes them. */
export const camelCase = {
  /** `listen_port` becomes `listenPort`. */
  field: (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  /** `.apipb.WatchEventRequest.Table` becomes `WatchEventRequest_Table`. */
  type: (name: string | undefined, scope: string): string =>
    (name ?? '').replace(new RegExp(`^\\.?${scope}\\.`), '').replaceAll('.', '_'),
};

/** The code of one field of a message in package `scope`. */
export function fieldCode(field: FieldDescriptorProto, scope: string): FieldCode {
  const name = camelCase.field(field.getName() ?? '');
  const repeated = field.getLabel() === Label.LABEL_REPEATED;
  const number = field.getNumber() ?? 0;
  if (field.getType() === Type.TYPE_MESSAGE) {
    return messageField(name, number, camelCase.type(field.getTypeName(), scope), repeated);
  }
  const scalar = SCALARS.get(field.getType() ?? 0);
  if (scalar === undefined) throw new TypeError(`expected a field type the generator knows, got that of ${name}`);
  return repeated ? repeatedField(name, number, scalar) : scalarField(name, number, scalar);
}

function messageField(name: string, number: number, type: string, repeated: boolean): FieldCode {
  const write = `w.writeMessage(${number}, v, (part: Init<${type}>, w2: BinaryWriter) => void ${type}.encode(part, w2));`;
  const store = repeated ? `m.${name}.push(${type}.decode(r2))` : `m.${name} = ${type}.decode(r2)`;
  return {
    declared: repeated ? `${name}: ${type}[];` : `${name}?: ${type};`,
    initial: repeated ? `${name}: []` : undefined,
    encoded: repeated
      ? `for (const v of m.${name} ?? []) ${write}`
      : `{ const v = m.${name}; if (v !== undefined) ${write} }`,
    decoded: `case ${number}: r.readMessage({}, (_: unknown, r2: BinaryReader) => { ${store}; }); break;`,
  };
}

function scalarField(name: string, number: number, { type, method, zero }: Scalar): FieldCode {
  const bytes = type === 'Uint8Array';
  return {
    declared: `${name}: ${type};`,
    initial: `${name}: ${zero}`,
    encoded: `if (m.${name}${bytes ? '?.length' : ''}) w.write${method}(${number}, m.${name});`,
    decoded: `case ${number}: m.${name} = r.read${method}()${bytes ? ' as Uint8Array' : ''}; break;`,
  };
}

function repeatedField(name: string, number: number, { type, method }: Scalar): FieldCode {
  const text = method === 'String';
  if (!text && method !== 'Uint32') throw new TypeError(`expected repeated strings or uint32, got those of ${name}`);
  return {
    declared: `${name}: ${type}[];`,
    initial: `${name}: []`,
    encoded: `if (m.${name}?.length) w.write${text ? 'RepeatedString' : 'PackedUint32'}(${number}, [...m.${name}]);`,
    decoded: `case ${number}: ${text ? `m.${name}.push(r.readString())` : `r.readPackableUint32Into(m.${name})`}; break;`,
  };
}
