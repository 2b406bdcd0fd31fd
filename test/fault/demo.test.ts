import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import type { StepResult } from '../../lab/demo/stage.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';

interface Report {
  readonly healed: boolean;
  readonly requests: { readonly sent: number; readonly byLb: Record<string, number> };
  readonly steps: readonly StepResult[];
}

const folder = mkdtempSync(join(tmpdir(), 'fairlead-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the demo as `npm run demo -- --json FILE` does, and returns what it printed and wrote. */
async function playDemo(): Promise<{ exitCode: number; text: string; report: Report; picture: string }> {
  const files = { json: join(folder, 'out.json'), picture: join(folder, 'out.svg') };
  const argv = ['lab/demo/main.ts', '--json', files.json, '--picture', files.picture];
  const demo = spawn(process.execPath, argv, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  demo.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    process.stdout.write(part);
  });
  const [exitCode] = (await once(demo, 'close')) as [number];
  return {
    exitCode,
    text,
    report: JSON.parse(readFileSync(files.json, 'utf8')) as Report,
    picture: readFileSync(files.picture, 'utf8'),
  };
}

test('the demo sees every step on the switch and in the requests of the client', async () => {
  const { exitCode, picture, report, text } = await playDemo();
  const [, a, b, c, d, e] = report.steps;
  expect(
    report.steps.flatMap(({ sightings, step }) =>
      sightings.filter(({ seen }) => !seen).map(({ what }) => `${step}: ${what}`),
    ),
  ).toEqual([]);
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({
    healed: true,
    requests: { byLb: { lb1: expect.any(Number), lb2: expect.any(Number), lb3: expect.any(Number) } },
  });
  for (const step of [a, b, c, d, e]) expect(step?.detectedAfterMs, step?.title).toBeGreaterThan(0);
  for (const step of [b, c, d]) expect(step?.routeChangedAfterMs, step?.title).toBeGreaterThan(0);
  expect(b?.failedAfterRouteChange).toBe(0);
  expect(text).toContain('healed: every step was seen');
  expect(picture).toMatch(/^<svg .*forwarding blocked.*<\/svg>\n$/s);
}, 300_000);
