import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf } from '../../lab/observe/agents.ts';
import { Routes } from '../../lab/observe/routes.ts';
import { Lab } from '../../lab/lab.ts';
import type { LabProcess } from '../../lab/process.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { eventually } from '../kernel/patience.ts';

const WEB = '10.99.66.10';

let lab: Lab;
let routes: Routes;

/** A long transfer from the client through lb1, and how far it has come: a pod sends a numbered line every 100 ms. */
interface Transfer {
  readonly process: LabProcess;
  readonly numbers: number[];
  readonly ends: string[];
}

async function startTransfer(seconds: number): Promise<Transfer> {
  const numbers: number[] = [];
  const ends: string[] = [];
  const onLine = (line: string): void => {
    const [, number] = /^(\d+) pod/.exec(line) ?? [];
    if (number !== undefined) numbers.push(Number(number));
    else ends.push(line);
  };
  const argv = [
    'node',
    '--single-threaded',
    `${CHECKOUT}/test/fault/downloader.mjs`,
    WEB,
    `/stream?seconds=${seconds}`,
  ];
  return { process: await lab.spawn('client', argv, { onLine }), numbers, ends };
}

const announcements = async (): Promise<number> =>
  (await eventsOf(lab, 'lb1')).filter(({ event }) => event === 'announced').length;

const ipvs = async (): Promise<string> => (await lab.exec('lb1', ['ipvsadm', '-Sn'])).stdout;

beforeAll(async () => {
  lab = await Lab.up({ nodes: ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1', 'pod2'] });
  routes = await Routes.watch(lab, Date.now);
  expect(await routes.until(['lb1'], 0, 60_000)).toBeDefined();
  // The transfer keeps its way through lb1 also while lb1 does not announce: what becomes of connections that the
  // switch moves elsewhere is not the question here.
  await lab.exec('tor', ['ip', 'route', 'add', `${WEB}/32`, 'via', '10.0.2.6']);
}, 180_000);

afterAll(() => lab?.down());

test('an agent that is killed and its successor reset no connection, and the switch sees no change', async () => {
  const transfer = await startTransfer(25);
  await eventually(async () => transfer.numbers.length > 5);
  const before = await ipvs();
  const changes = routes.states.length;
  const announced = await announcements();
  const exited = lab.exited('lb1');
  await lab.kill('lb1', 'SIGKILL');
  expect(await exited).toEqual({ signal: 'SIGKILL' });
  expect(await ipvs()).toBe(before);
  await lab.start('lb1');
  await eventually(async () => (await announcements()) > announced, 40_000);
  expect(routes.states.slice(changes)).toEqual([]);
  expect(await lab.log('gobgp1'), 'nor has the sidecar touched the paths').not.toContain('deadman-acted');
  await expectWhole(transfer, 250);
}, 120_000);

test('SIGTERM withdraws, leaves the kernel as it is and ends with 0; the next agent takes all of it over', async () => {
  const transfer = await startTransfer(30);
  await eventually(async () => transfer.numbers.length > 5);
  const before = await ipvs();
  const announced = await announcements();
  const at = Date.now();
  const exited = lab.exited('lb1');
  await lab.kill('lb1', 'SIGTERM');
  expect(await exited).toMatchObject({ exitCode: 0 });
  const gone = await routes.until([], at, 5000);
  expect(gone, 'the tor has forgotten the path by the time the agent is gone').toBeDefined();
  const events = await eventsOf(lab, 'lb1');
  expect(events.findLast(({ event }) => event === 'withdrawn')).toMatchObject({ reason: 'stopping' });
  const stopped = events.findLast(({ event }) => event === 'agent-stopped');
  expect(stopped?.at).toBeGreaterThan(gone?.at ?? Number.POSITIVE_INFINITY);
  expect(await ipvs()).toBe(before);
  expect(transfer.ends).toEqual([]);
  await lab.start('lb1');
  await eventually(async () => (await announcements()) > announced, 40_000);
  expect(await routes.until(['lb1'], gone?.at ?? 0, 10_000)).toBeDefined();
  await expectWhole(transfer, 300);
}, 120_000);

/** Every line has come, in order, and the connection was closed by the pod and by nobody else. */
async function expectWhole({ ends, numbers, process }: Transfer, lines: number): Promise<void> {
  expect((await process.exited).exitCode).toBe(0);
  expect(ends).toEqual(['whole']);
  expect(numbers).toEqual(Array.from({ length: lines }, (_, i) => i + 1));
}
