import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Lab } from '../../lab/lab.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { type Clock, machineClock } from '../../lab/observe/clock.ts';
import { Routes } from '../../lab/observe/routes.ts';
import { countBy, failed, Traffic, WEB } from '../../lab/observe/traffic.ts';
import type { LabProcess } from '../../lab/process.ts';
import type { Status } from '../../src/model/status.ts';
import { Tor } from '../fault/tor.ts';
import { eventually } from './patience.ts';

const LBS = ['lb1', 'lb2', 'lb3'];
const CONFIG = '/etc/fairlead/config.yaml';
const NEXT = '99.0.0';
/** About what the upgrade of three nodes takes. */
const TRANSFER_SECONDS = 50;
const TRANSFERS = 6;

let lab: Lab;
let tor: Tor;
let routes: Routes;
let traffic: Traffic;
let now: Clock;

/** The program as it will be: what ships, with another version. Only the machine's own layer of the files is written. */
const NEXT_PROGRAM = `cp -r ${CHECKOUT}/dist ${CHECKOUT}/dist-next
  sed -i 's/"${packageJson.version.replaceAll('.', '\\.')}"/"${NEXT}"/' ${CHECKOUT}/dist-next/fairlead.js ${CHECKOUT}/dist-next/chunks/*.js
  ln -sfn ${CHECKOUT}/dist-next/fairlead.js /usr/local/bin/fairlead`;

/** In an emulated machine an agent takes as long to start as elsewhere an image that was not there yet takes to come. */
async function setGraces(lb: string): Promise<void> {
  const config = await lab.readFile(lb, CONFIG);
  const patient = config.replace(/^ {2}crash: .*$/m, '  crash: { deprioritise: 1m, withdraw: 5m }');
  expect(patient).not.toBe(config);
  await lab.writeFile(lb, CONFIG, patient);
}

/** Its exit code says whether the node announces in full. */
async function status(lb: string): Promise<Status | undefined> {
  const { stdout } = await lab.exec(lb, ['fairlead', 'status', '--json']);
  return stdout === '' ? undefined : (JSON.parse(stdout) as Status);
}

const inService = (lb: string, version: string): Promise<unknown> =>
  eventually(async () => {
    const known = await status(lb);
    const healthy = known?.checks.find(({ name }) => name === 'probe')?.health === 'healthy';
    return known?.version === version && known.announcement.state === 'announced' && healthy;
  }, 60_000);

beforeAll(async () => {
  lab = await Lab.up({ start: false });
  await Promise.all(LBS.map(setGraces));
  const others = ['tor', 'pod1', 'pod2', 'gobgp1', 'gobgp2', 'gobgp3'];
  await Promise.all([...others, ...LBS].map((node) => lab.start(node)));
  tor = new Tor(lab, 'frr');
  routes = await Routes.watch(lab, Date.now);
  expect(await routes.until(LBS, 0, 90_000)).toBeDefined();
  for (const lb of LBS) await inService(lb, packageJson.version);
  now = await machineClock(lab);
  traffic = await Traffic.start(lab, { perSecond: 25, timeoutMs: 10_000 });
}, 300_000);

afterAll(() => lab?.down());

async function run(node: string, ...argv: readonly string[]): Promise<string> {
  const { exitCode, stderr, stdout } = await lab.exec(node, argv);
  expect([exitCode, stderr], argv.join(' ')).toStrictEqual([0, '']);
  return stdout;
}

/** What kubelet does with an agent whose image is another one now: the preStop hook, SIGTERM, and the next one. */
async function replaceAsKubelet(lb: string): Promise<void> {
  expect(await run(lb, 'fairlead', 'handover', '--within', '1m')).toMatch(/^until \S+ an end of this agent leaves all/);
  expect(await run(lb, 'fairlead', 'drain', '--wait', '--until-exit')).toMatch(/^nothing to drain/);
  await replaceBy(lb, 'SIGTERM');
}

async function replaceBy(lb: string, signal: NodeJS.Signals): Promise<void> {
  const exited = lab.exited(lb);
  await lab.kill(lb, signal);
  expect(await exited).toStrictEqual({ exitCode: 0 });
  await lab.start(lb);
  await inService(lb, NEXT);
}

/** A long download, which the switch sends through one of the lb nodes. */
function download(): Promise<LabProcess> {
  const path = `/stream?seconds=${TRANSFER_SECONDS}&every=500`;
  const argv = ['node', '--single-threaded', `${CHECKOUT}/test/fault/downloader.mjs`, WEB, path];
  return lab.spawn('client', argv);
}

test('all agents are upgraded under traffic: no BGP event, no failed request, no reset connection', async () => {
  const downloads = await Promise.all(Array.from({ length: TRANSFERS }, download));
  const before = await tor.history();
  const changes = routes.states.length;
  const from = now();

  await run('lb1', 'sh', '-c', NEXT_PROGRAM);
  await replaceAsKubelet('lb1');
  await replaceAsKubelet('lb2');
  await replaceBy('lb3', 'SIGUSR2');

  const until = now();
  expect(await tor.history()).toBe(before);
  expect(routes.states.slice(changes)).toStrictEqual([]);
  for (const { exited } of downloads) expect((await exited).exitCode).toBe(0);
  const samples = traffic.between(from, until);
  process.stdout.write(
    `upgrade: ${until - from} ms, ${samples.length} requests, by lb ${JSON.stringify(countBy(samples, 'lb'))}\n`,
  );
  expect(failed(samples)).toStrictEqual([]);
  expect(samples.length).toBeGreaterThan(200);
  expect(Object.keys(countBy(samples, 'lb'))).toStrictEqual(LBS);
  for (const lb of LBS) expect(await lab.log(lb.replace('lb', 'gobgp'))).not.toContain('deadman-acted');
}, 300_000);

test('a node takes up another file under traffic, and goes on by it where the next one is bad', async () => {
  const config = await lab.readFile('lb2', CONFIG);
  const earlier = await status('lb2');
  const before = await tor.history();
  const changes = routes.states.length;
  const from = now();

  const another = `${config}health: { timeout: 400ms }\ndataplane: { drainTimeout: 20s }\n`;
  await lab.writeFile('lb2', CONFIG, another);
  const taken = await eventually(async () => {
    const known = await status('lb2');
    return known?.config?.hash === earlier?.config?.hash ? undefined : known;
  }, 60_000);
  await inService('lb2', earlier?.version ?? '');
  await lab.writeFile('lb2', CONFIG, another.replace('timeout: 400ms', 'timeout: soon'));
  const stale = await eventually(async () => {
    const known = await status('lb2');
    return known?.conditions.some(({ code }) => code === 'config-stale') ? known : undefined;
  }, 60_000);

  const until = now();
  expect(stale.config).toMatchObject({
    hash: taken.config?.hash,
    problems: [expect.stringContaining('health.timeout')],
  });
  expect(stale.announcement).toStrictEqual(earlier?.announcement);
  expect(await lab.log('lb2')).toContain('"changed":["health","dataplane"]');
  expect(await tor.history()).toBe(before);
  expect(routes.states.slice(changes)).toStrictEqual([]);
  const samples = traffic.between(from, until);
  process.stdout.write(`reload: ${until - from} ms, ${samples.length} requests\n`);
  expect(failed(samples)).toStrictEqual([]);
  expect(Object.keys(countBy(samples, 'lb'))).toStrictEqual(LBS);
}, 180_000);
