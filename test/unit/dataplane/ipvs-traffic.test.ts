import { beforeEach, describe, expect, test } from 'vitest';
import { decodeFlow, decodeRealServer } from '../../../src/dataplane/ipvs/codec.ts';
import { TrafficReader } from '../../../src/dataplane/ipvs/traffic.ts';
import { readMessages, Writer } from '../../../src/dataplane/netlink/codec.ts';
import { NO_LOAD } from '../../../src/model/traffic.ts';
import { virtualServerKey } from '../../../src/model/virtual-server.ts';
import { nth, OTHER, POD, Rig, WEB, server } from './ipvs-rig.ts';

/** The attributes of a service (1) or a destination (2) as include/uapi/linux/ip_vs.h numbers them. */
function attributes(outer: 1 | 2, content: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  writer.begin(1, 0, 1, new Uint8Array(0));
  writer.nest(outer, () => content(writer));
  writer.finish();
  return readMessages(writer.bytes)[0]?.payload ?? Buffer.alloc(0);
}

function u64(writer: Writer, type: number, value: bigint): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  writer.bytesOf(type, bytes);
}

const RATES = { connections: 3, packetsIn: 40, packetsOut: 30, bytesIn: 5_000_000_000, bytesOut: 6000 };

describe('what passes through a service', () => {
  test('is taken in 64 bits where the kernel has them', () => {
    const payload = attributes(1, (writer) => {
      writer.nest(10, () => writer.u32(1, 5));
      writer.nest(12, () => {
        for (const [type, value] of [1n << 33n, 11n, 12n, 13n, 14n, 3n, 40n, 30n, 5_000_000_000n, 6000n].entries())
          u64(writer, type + 1, value);
      });
    });
    expect(decodeFlow(payload)).toStrictEqual({ opened: 2 ** 33, perSecond: RATES });
  });

  test('is taken in 32 bits where it has not, and is nothing where nothing is said', () => {
    const old = attributes(1, (writer) =>
      writer.nest(10, () => [7, 0, 0, 0, 0, 1].forEach((n, i) => writer.u32(i + 1, n))),
    );
    expect(decodeFlow(old)).toStrictEqual({ opened: 7, perSecond: { ...NO_LOAD.perSecond, connections: 1 } });
    expect(decodeFlow(attributes(1, () => {}))).toStrictEqual({ opened: 0, perSecond: NO_LOAD.perSecond });
  });
});

test('a destination has its connections, the open ones apart from those that are closing', () => {
  const address = Uint8Array.of(10, 1, 0, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const payload = attributes(2, (writer) => {
    writer.bytesOf(1, address);
    writer.be16(2, 8080);
    writer.u32(4, 1);
    writer.u32(7, 3);
    writer.u32(8, 40);
    writer.u16(11, 2);
  });
  expect(decodeRealServer(payload)).toStrictEqual({ address: POD, port: 8080, weight: 1, active: 3, inactive: 40 });
  expect(decodeRealServer(attributes(2, (writer) => writer.u32(7, 3)))).toBeUndefined();
});

let rig: Rig;
let now: number;
let reader: TrafficReader;
const [first, second] = [nth(0), nth(1)].map(virtualServerKey);
if (first === undefined || second === undefined) throw new Error('expected two keys');

beforeEach(async () => {
  rig = new Rig();
  now = 0;
  reader = new TrafficReader(['10.99.66.0/23'], { open: () => rig.kernel.forTraffic(), now: () => now });
  await rig.want(nth(0), nth(1), server());
  rig.kernel.connect(first, `${POD}:8080`, 2);
  rig.kernel.connect(first, `${OTHER}:8080`, 4);
  rig.kernel.connect(WEB, `${POD}:8080`, 1);
  rig.kernel.takeAsked();
});

const load = (active: number, inactive: number) => ({
  active,
  inactive,
  opened: active,
  perSecond: { ...NO_LOAD.perSecond, connections: active / 2, bytesIn: 1000 * active },
});

describe('the traffic of all virtual servers', () => {
  test('is that of ours and of nobody else, each added up over its real servers, and all added up', async () => {
    expect(await reader.read()).toStrictEqual({
      known: true,
      at: expect.any(Number) as number,
      total: load(7, 5),
      virtualServers: { [first]: load(6, 2), [second]: load(0, 2), [WEB]: load(1, 1) },
    });
    expect(rig.kernel.takeAsked().filter((asked) => asked.includes('192.0.2.1'))).toStrictEqual([]);
  });

  test('is read once a second at most, however many ask, and by each of them once it is old', async () => {
    const both = await Promise.all([reader.read(), reader.read()]);
    expect(both[0]).toBe(both[1]);
    now = 999;
    expect(await reader.read()).toBe(both[0]);
    expect(rig.kernel.takeAsked().filter((asked) => asked === 'close')).toHaveLength(1);
    now = 1000;
    expect(await reader.read()).not.toBe(both[0]);
    expect(rig.kernel.takeAsked().filter((asked) => asked === 'close')).toHaveLength(1);
  });

  test('takes a tenth of the time where one reading is long', async () => {
    rig.kernel.meanwhile = (asked) => void (now += asked === 'flows' ? 200 : 0);
    const slow = await reader.read();
    expect(now).toBe(400);
    now = 3999;
    expect(await reader.read()).toBe(slow);
    now = 4000;
    expect(await reader.read()).not.toBe(slow);
  });

  test('lets other work be done between the parts, and the table be changed', async () => {
    let turns = 0;
    const count = (): void => void ((turns += 1), (counting = setImmediate(count)));
    let counting = setImmediate(count);
    const reading = reader.read();
    await rig.want(nth(0), nth(1), server(), nth(2), nth(3));
    expect(await reading).toMatchObject({ known: true });
    clearImmediate(counting);
    expect(turns).toBeGreaterThan(1);
  });

  test('that cannot be read is said, its socket is closed, and the next one is read again', async () => {
    rig.kernel.overflows = true;
    expect(await reader.read()).toMatchObject({ known: false, why: expect.stringContaining('ENOBUFS') as string });
    expect(rig.kernel.takeAsked().at(-1)).toBe('close');
    now = 1000;
    expect(await reader.read()).toMatchObject({ known: true });
  });
});

test('of some virtual servers each real server is told, without reading any other, and nothing of what is not there', async () => {
  const gone = virtualServerKey(nth(99));
  expect(await reader.read([first, gone])).toMatchObject({
    known: true,
    total: { active: 6 },
    virtualServers: {
      [first]: {
        active: 6,
        realServers: [
          { address: POD, port: 8080, weight: 1, active: 2, inactive: 1 },
          { address: OTHER, port: 8080, weight: 1, active: 4, inactive: 1 },
        ],
      },
    },
  });
  expect(rig.kernel.takeAsked()).toStrictEqual([`flow ${first}`, `real servers ${first}`, `flow ${gone}`, 'close']);
});

test('a kernel that cannot be opened is said', async () => {
  const refused = new TrafficReader(['10.99.66.0/23'], {
    open: () => {
      throw new Error('this kernel offers no IPVS');
    },
  });
  expect(await refused.read()).toStrictEqual({ known: false, why: 'this kernel offers no IPVS' });
});
