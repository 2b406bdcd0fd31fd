import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Drain } from '../../src/model/drain.ts';
import type { Sketch } from './manifests.ts';
import { eventually } from './patience.ts';
import { RANGE, Scene, UPLINK } from './scene.ts';

const COUNT: Sketch = {
  name: 'count',
  address: '10.99.66.31',
  port: 80,
  to: 9000,
  pods: { pod1: 'ready', pod2: 'ready' },
};

let scene: Scene;

/** As in production: gobgpd beside each agent, and a switch that does as BGP says. */
beforeAll(async () => {
  scene = await Scene.up({
    lbs: ['lb1', 'lb2'],
    before: async ({ lab }) => void (await Promise.all(['tor', 'gobgp1', 'gobgp2'].map((node) => lab.start(node)))),
  });
  await scene.declare(COUNT);
}, 300_000);

afterAll(() => scene?.lab.down());

/** Runs a command of fairlead on lb1, and gives its lines and exit code. */
async function fairlead(...args: readonly string[]): Promise<{ lines: string[]; code: number | undefined }> {
  const { exitCode, stderr, stdout } = await scene.lab.exec('lb1', ['fairlead', ...args], { timeoutMs: 120_000 });
  expect(stderr).toBe('');
  return { lines: stdout.trimEnd().split('\n'), code: exitCode };
}

const drain = async (): Promise<Drain | undefined> => (await scene.status('lb1'))?.drain;

/** The lb nodes that the switch sends the range to. */
async function nextHops(): Promise<string[]> {
  const route = await scene.run('tor', 'ip', 'route', 'show', RANGE);
  return scene.lbs.filter((lb) => route.includes(`via ${UPLINK[lb]} `));
}
const leadsTo = (...lbs: readonly string[]): Promise<unknown> =>
  eventually(async () => (await nextHops()).join() === lbs.join(), 30_000);

/** Asks one request after the other until it is told to end, and says how each one ended. */
function keepAsking(): { end(): Promise<Record<string, number>> } {
  const ending = new AbortController();
  const outcomes: Record<string, number> = {};
  const asking = (async () => {
    while (!ending.signal.aborted) {
      const { outcome } = await scene.client.ask({ ...COUNT, timeoutMs: 3000 });
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  })();
  return {
    end: async () => {
      ending.abort();
      await asking;
      return outcomes;
    },
  };
}

describe('a drained node', () => {
  test('loses no new request, and is done although the switch has moved connections away from it', async () => {
    await scene.run('tor', 'ip', 'route', 'del', RANGE);
    await leadsTo('lb1', 'lb2');
    const held = await Promise.all(Array.from({ length: 8 }, () => scene.client.hold(COUNT)));
    const clients = keepAsking();

    const { code, lines } = await fairlead('drain', '--wait', '--timeout', '90s');
    expect(await nextHops()).toStrictEqual(['lb2']);
    expect(lines[0]).toMatch(/^deprioritised, /);
    expect(lines.at(-1)).toMatch(/^drained in \d+ s: \d+ connections? left, and nothing comes in for (it|them)$/);
    expect(code).toBe(0);

    const back = await fairlead('undrain', '--wait');
    expect(back).toStrictEqual({ lines: [expect.any(String), 'announced'].slice(-back.lines.length), code: 0 });
    await leadsTo('lb1', 'lb2');
    const { answered = 0, ECONNRESET: moved = 0, ...failed } = await clients.end();
    expect(failed).toStrictEqual({});
    expect(answered).toBeGreaterThan(100);
    // The one request that was under way when the switch changed its mind, for each time that it did.
    expect(moved).toBeLessThanOrEqual(3);
    for (const one of held) await one.drop();
  }, 180_000);

  test('waits for a connection that something comes in for, and is done when that ends', async () => {
    await scene.leadTo('lb1');
    const held = await scene.client.hold(COUNT);
    expect((await fairlead('drain', '--timeout', '5m')).code).toBe(0);
    const withdrawn = await eventually(async () => {
      const now = await drain();
      return now?.stage === 'withdrawn' && now.connections !== undefined ? now : undefined;
    }, 60_000);
    expect(withdrawn.connections).toBeGreaterThan(0);
    // Longer than it takes to call a connection dead that nothing comes in for.
    await new Promise((resolve) => setTimeout(resolve, 14_000));
    expect(await drain()).toMatchObject({ stage: 'withdrawn', silent: false });
    expect((await held.look()).state).toBe('open');
    await held.drop();
    await eventually(async () => (await drain())?.stage === 'drained', 60_000);
    expect((await fairlead('undrain', '--wait')).code).toBe(0);
  }, 180_000);
});
