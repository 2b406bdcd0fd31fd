import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { serveHttp } from '../../src/http/server.ts';
import type { Status } from '../../src/model/status.ts';
import { gobgpdForEach } from '../scenario/gobgpd-for-each.ts';
import { Rig, service, slice, WEB } from '../scenario/agent-rig.ts';
import { findChromium, startBrowser, type Started } from './browser.ts';
import { draining, healthy, large, trafficOf, withdrawn } from './scenes.ts';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;
const FIRST = 'tcp/10.99.66.1:80';
const SCENES = { healthy, withdrawn, draining, large } as const;

const program = findChromium();
if (program === undefined) console.warn('no chromium, no test of the page: node lab/setup/main.mjs --test-tools true');

let started: Started;
let directory: string;
let port: number;
let status: () => Status;
let close: (() => void) | undefined;
let context: BrowserContext;
/** What the browser complained of, and what it asked for elsewhere. */
let complaints: string[];

const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 50 });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function serve(): Promise<void> {
  close = await serveHttp(
    {
      status: () => status(),
      stuck: () => undefined,
      orders: { drain: () => undefined, undrain: () => undefined, handOver: () => undefined },
      traffic: async (of) => trafficOf(status(), of),
      explain: () => Promise.reject(new Error('nobody asks')),
    },
    join(directory, 'agent.sock'),
    `127.0.0.1:${port}`,
  );
}

async function open(
  { colorScheme = 'light', size = 'desktop' }: { size?: keyof typeof SIZES; colorScheme?: 'light' | 'dark' } = {},
  path = '/',
): Promise<Page> {
  context = await started.browser.newContext({ viewport: SIZES[size], colorScheme });
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== 'data:' && host !== `127.0.0.1:${port}`) complaints.push(request.url());
  });
  await page.goto(`http://127.0.0.1:${port}${path}`);
  return page;
}

const live = (page: Page): Promise<unknown> => page.waitForSelector('#connection.live');
const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();

/** What is wider than the page, cut off, or lies upon other text: each with some of its text. */
const CROWDED = `(() => {
  const found = [];
  const shown = (e) => e.checkVisibility() && !e.closest('.unseen, thead, h2') && e.getClientRects().length > 0;
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page: ' + document.documentElement.scrollWidth);
  const texts = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    if (!shown(e)) continue;
    const box = e.getBoundingClientRect();
    const text = (e.textContent || '').trim().slice(0, 40);
    if (box.right > innerWidth + 1 || box.left < -1) found.push('outside: ' + e.tagName + ' ' + text);
    if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible') found.push('cut: ' + e.tagName + ' ' + text);
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (own && (e.tagName === 'text' || getComputedStyle(e).display !== 'inline')) {
      const range = document.createRange();
      range.selectNodeContents(e);
      for (const one of e.tagName === 'text' ? [box] : range.getClientRects()) texts.push({ e, one, text });
    }
  }
  for (const { e, one: box, text } of texts) if (e.tagName === 'text') {
    const frame = e.parentElement.querySelector('rect.box');
    const outer = e.classList.contains('mono') ? e.previousElementSibling.getBoundingClientRect() : frame.getBoundingClientRect();
    if (box.left < outer.left || box.right > outer.right) found.push('out of its box: ' + text);
  }
  for (let i = 0; i < texts.length; i += 1) for (let j = i + 1; j < texts.length; j += 1) {
    const [a, b] = [texts[i], texts[j]];
    if (a.e === b.e || a.e.contains(b.e) || b.e.contains(a.e)) continue;
    const across = Math.min(a.one.right, b.one.right) - Math.max(a.one.left, b.one.left);
    const down = Math.min(a.one.bottom, b.one.bottom) - Math.max(a.one.top, b.one.top);
    if (across > 2 && down > 4) found.push('on each other: ' + a.text + ' / ' + b.text);
  }
  return found.slice(0, 10);
})()`;

describe.skipIf(program === undefined)('the status page in a browser', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairlead-page-server-'));
    started = await startBrowser(program ?? '');
  });
  afterAll(async () => {
    await started.end();
    await rm(directory, { recursive: true });
  });
  beforeEach(async () => {
    complaints = [];
    port = await freePort();
    status = () => healthy(Date.now());
    await serve();
  });
  afterEach(async () => {
    await context.close();
    close?.();
  });

  describe.each(Object.keys(SIZES) as (keyof typeof SIZES)[])('on a %s', (size) => {
    test.each(Object.keys(SCENES) as (keyof typeof SCENES)[])('%s can be read', async (scene) => {
      const at = Date.now();
      status = () => SCENES[scene](at);
      const page = await open({ size });
      await live(page);
      expect(await page.evaluate(CROWDED)).toStrictEqual([]);
      await page.locator('details').first().locator('summary').click();
      expect(await page.evaluate(CROWDED)).toStrictEqual([]);
      expect(complaints).toStrictEqual([]);
    });

    test.each([
      ['light', size === 'phone' ? [withdrawn] : [withdrawn, healthy]],
      ['dark', size === 'phone' ? [withdrawn, draining] : [withdrawn]],
    ] as const)('%s, it is as WCAG 2.2 AA asks for', async (colorScheme, scenes) => {
      for (const scene of scenes) {
        status = () => scene(Date.now());
        const page = await open({ size, colorScheme });
        await live(page);
        // Outside of the policy of the page, which lets in no other script.
        await page.evaluate(axe.source);
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
          `axe.run({ runOnly: ${JSON.stringify(tags)} })`,
        );
        expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toStrictEqual([]);
        await context.close();
      }
    });
  });

  test('what changes is seen, and the focus, what is open and the place on the page stay', async () => {
    const page = await open();
    await live(page);
    await page.locator('details').nth(3).locator('summary').focus();
    await page.keyboard.press('Enter');
    const focused = await page.evaluate<string>('document.activeElement.id');
    const top = (): Promise<number> => page.evaluate<number>('document.activeElement.getBoundingClientRect().top');
    const before = await top();
    // Much is added above, and the section itself is drawn anew.
    status = () => ({ ...withdrawn(Date.now()), canaries: [FIRST] });
    await eventually(async () => expect(await textOf(page, '#announcement .state')).toContain('withdrawn'));
    await eventually(async () => expect(await textOf(page, '#servers')).toContain(`${FIRST} (canary)`));
    expect(await page.evaluate('document.activeElement.id')).toBe(focused);
    expect(await page.evaluate('document.activeElement.parentElement.open')).toBe(true);
    expect(Math.abs((await top()) - before)).toBeLessThan(5);
    expect(await page.title()).toBe('✕ lb-1 withdrawn');
    expect(await textOf(page, '#said')).toBe('lb-1 withdrawn');
    expect(complaints).toStrictEqual([]);
  });

  test('what is marked for copying stays marked, and is brought up to date afterwards', async () => {
    const page = await open();
    await live(page);
    await page.evaluate(`getSelection().selectAllChildren(document.querySelector('#announcement .prefixes'))`);
    status = () => withdrawn(Date.now());
    await eventually(async () => expect(await textOf(page, '#conditions')).toContain('probe-failed'));
    expect(await page.evaluate('String(getSelection())')).toContain('10.99.66.0/23');
    expect(await textOf(page, '#announcement .state')).toContain('announced');
    await page.evaluate('getSelection().removeAllRanges()');
    await eventually(async () => expect(await textOf(page, '#announcement .state')).toContain('withdrawn'));
  });

  test('the filter works as one types, and survives a reload', async () => {
    status = () => large(Date.now());
    const page = await open();
    await live(page);
    expect(await textOf(page, '#servers')).toContain('3,000 virtual servers; the busiest 50 of them');
    await page.locator('#filter').pressSequentially('10.99.70.7:');
    await eventually(async () => expect(await textOf(page, '#servers')).toContain('1 virtual server of 3,000'));
    expect(await page.evaluate('document.activeElement.id')).toBe('filter');
    expect(await page.locator('#connection').getAttribute('class')).toBe('live');
    await page.reload();
    await live(page);
    expect(await page.locator('#servers tbody tr').count()).toBe(1);
    expect(await page.inputValue('#filter')).toBe('10.99.70.7:');
    expect(complaints).toStrictEqual([]);
  });

  test('everything is reached by the keyboard, and where one is can be seen', async () => {
    const page = await open();
    await live(page);
    const reached: string[] = [];
    for (let step = 0; step < 13; step += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate<string>('document.activeElement.tagName'));
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    expect(reached).toStrictEqual(['INPUT', ...Array.from({ length: 12 }, () => 'SUMMARY')]);
  });

  test('a server that goes is told of at once, and one that comes back is followed', async () => {
    const page = await open();
    await live(page);
    close?.();
    // Long before a silence would be taken for it.
    await page.waitForSelector('#connection.lost', { timeout: 10_000 });
    expect(await textOf(page, '#connection')).toMatch(
      /^not connected since \d\d:\d\d:\d\d UTC: what is shown is of then$/,
    );
    expect(await page.evaluate(CROWDED)).toStrictEqual([]);
    status = () => withdrawn(Date.now());
    await serve();
    await live(page);
    await eventually(async () => expect(await textOf(page, '#announcement .state')).toContain('withdrawn'));
  });

  test('without a script it is complete, and asks to be read anew', async () => {
    context = await started.browser.newContext({ viewport: SIZES.phone, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/?filter=10.99.66.7:`);
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(1);
    expect(await page.locator('#servers tbody tr').count()).toBe(1);
    expect(await textOf(page, '#connection')).toMatch(/^as of /);
  });

  test('markup in a name or an error is shown as it is', async () => {
    const hostile = `<img src=x onerror="document.title='owned'">`;
    status = () => ({ ...withdrawn(Date.now()), conditions: [{ code: 'peer-down', detail: hostile }] });
    const page = await open();
    await live(page);
    expect(await textOf(page, '#conditions')).toContain(hostile);
    expect(await page.locator('main img').count()).toBe(0);
    expect(complaints).toStrictEqual([]);
  });

  describe('with a whole agent and a gobgpd behind it', () => {
    const gobgpd = gobgpdForEach();

    test('a Service that comes and a probe that fails are seen while one looks', async () => {
      await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
      await rig.reaches('announced');
      status = () => rig.status;
      const page = await open({ size: 'phone' });
      await live(page);
      // Announced, and there is nobody whom it is told.
      expect(await textOf(page, '#announcement')).toMatch(/announced[^]*0 of 1 peer are told so/);
      await rig.write('db.yaml', service('db', '10.99.66.11') + slice('db'));
      await eventually(async () => expect(await textOf(page, '#servers')).toContain('tcp/10.99.66.11:80'));
      rig.probe.losesPackets = true;
      await eventually(async () => expect(await textOf(page, '#announcement')).toContain('probe-failed'));
      expect(await textOf(page, '#timeline')).toMatch(/withdrawn[^]*probe-failed[^]*announced/);
      expect(complaints).toStrictEqual([]);
    });
  });
});
