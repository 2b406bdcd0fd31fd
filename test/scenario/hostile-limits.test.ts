import { createServer } from 'node:net';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_MARKS } from '../../src/model/drain.ts';
import { node, service } from './api-objects.ts';
import type { Tricks } from './api-tricks.ts';
import { LISTS } from './hostile-lists.ts';
import { eventually, HostileRig } from './hostile-rig.ts';
import { NODES, SERVICES, SLICES } from './kubernetes-source.ts';

let rig: HostileRig;

beforeEach(async () => {
  rig = await HostileRig.open();
});
afterEach(() => rig[Symbol.asyncDispose]());

const MIB = 1024 * 1024;
const FILLER = Buffer.alloc(MIB, ' ');

/** Writes for as long as somebody reads, and says how much that was. */
function pour(response: ServerResponse): { mebibytes: number } {
  const poured = { mebibytes: 0 };
  const more = (): void => {
    if (response.destroyed || poured.mebibytes > 300) return;
    poured.mebibytes += 1;
    response.write(FILLER, more);
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  more();
  return poured;
}

/** Another rig, whose source lets an answer take its time. */
async function reopen(bodyMs: number): Promise<HostileRig> {
  await rig[Symbol.asyncDispose]();
  return HostileRig.open({ limits: { bodyMs } });
}

describe('what has no end is given up', () => {
  test('a watch-list that goes on without its end: everything is read in pages', async () => {
    const tricks: Tricks = {
      line(line, kind) {
        if (!line.includes('k8s.io/initial-events-end')) return line;
        setTimeout(() => {
          if (rig.server.tricks === tricks) rig.server.sendRaw(kind, line.replace('initial-events-end', 'goes-on'));
        }, 100);
        return '';
      },
    };
    rig.server.tricks = tricks;
    rig.start();
    const going = setInterval(() => rig.server.bookmark(), 100);
    await eventually(() => expect(rig.source.status().synced).toBe(true));
    clearInterval(going);
    await rig.calm();
  });

  test('a line that drips on a watch that is quiet otherwise: the watch is opened anew, as the silent ones are', async () => {
    await rig[Symbol.asyncDispose]();
    rig = await HostileRig.open({ limits: { watchMs: 300 } });
    await rig.follow();
    const opened = (path: string) => rig.server.count(path, 'watch');
    const before = { services: opened(SERVICES), slices: opened(SLICES) };
    const dripping = setInterval(() => rig.server.sendRaw('Service', '{'), 10);
    await eventually(() => expect(opened(SLICES)).toBeGreaterThan(before.slices + 3));
    clearInterval(dripping);
    expect(opened(SERVICES)).toBeGreaterThan(before.services);
    rig.change('meanwhile');
    await rig.calm();
  });

  test.each([
    ['a list', false, 140],
    ['a line of a watch', true, 30],
  ])('%s', async (_title, isWatch, mostMebibytes) => {
    rig = await reopen(60_000);
    await rig.follow();
    const poured: { mebibytes: number }[] = [];
    rig.server.faults.noWatchList = 'invalid';
    rig.server.tricks = {
      request(url, response) {
        if (url.pathname !== SERVICES || url.searchParams.has('watch') !== isWatch || poured.length > 0) return false;
        if (url.searchParams.has('sendInitialEvents')) return false;
        poured.push(pour(response));
        return true;
      },
    };
    rig.server.compact();
    rig.server.endWatches();
    await eventually(() => expect(poured).toHaveLength(1));
    rig.change('meanwhile');
    await rig.calm();
    expect(poured[0]?.mebibytes).toBeLessThan(mostMebibytes);
  });
});

const refuse = (status: number) => (_url: URL, response: ServerResponse) => {
  response.writeHead(status).end('{"code":410}\n');
  return true;
};

describe('a server that always does the same is not asked in a hot loop', () => {
  test.each([
    ['a watch that ends at once', refuse(200)],
    ['410', refuse(410)],
    ['503', refuse(503)],
    ['a continue that leads round', undefined],
  ])('%s', async (_title, request) => {
    await rig.follow();
    const before = rig.server.requests.length;
    rig.server.tricks = request ? { request } : (LISTS['a continue that leads round for ever']?.(rig.server) ?? {});
    if (!request) rig.server.faults.noWatchList = 'invalid';
    rig.server.compact();
    rig.server.endWatches();
    const begunAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const asked = rig.server.requests.slice(before).map(({ pathname }) => pathname);
    // The first few within a tenth of a second, and then one in 150 ms at the most, of up to five requests.
    const most = 5 * (8 + (performance.now() - begunAt) / 150);
    for (const path of [SERVICES, SLICES, NODES]) {
      expect(asked.filter((other) => other === path).length).toBeLessThan(most);
    }
    await rig.calm();
  });
});

test('compression that nobody asked for is named', async () => {
  await rig.follow();
  rig.server.tricks = { headers: { 'content-encoding': 'gzip' } };
  rig.server.reset();
  await eventually(() => expect(problem()).toBe('expected an answer without compression, found gzip'));
  await rig.calm();
});

describe('events for what nobody has asked for', () => {
  test('another Node is not this one, whatever is asked of it', async () => {
    rig.server.put(node('lb-1', 'zone-a'));
    await rig.follow();
    const drained = node('lb-2', 'zone-b', { 'fairlead.io/drain': 'true' });
    const object = { ...drained, metadata: { ...drained.metadata, resourceVersion: '900000' } };
    rig.server.sendRaw('Node', `${JSON.stringify({ type: 'ADDED', object })}\n`);
    rig.server.bookmark(900_001);
    rig.change('behind');
    await eventually(() => expect(rig.source.snapshot().services.has('default/new-behind')).toBe(true));
    expect(rig.source.snapshot()).toMatchObject({ zone: 'zone-a', marks: NO_MARKS });
  });

  test('a Service of another proxy is not served', async () => {
    await rig.follow();
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    const other = service('theirs', '10.99.67.99', labels);
    const object = { ...other, metadata: { ...other.metadata, resourceVersion: '2000' } };
    rig.server.sendRaw('Service', `${JSON.stringify({ type: 'ADDED', object })}\n`);
    const theirs = () => rig.source.snapshot().services.get('default/theirs');
    await eventually(() => expect(theirs()).toMatchObject({ excluded: 'other-proxy', clusterIPs: [] }));
  });
});

const problem = () => rig.source.status().problem;

const RESETS: Tricks = {
  request(_url, response) {
    response.socket?.resetAndDestroy();
    return true;
  },
};

describe('no way to the server', () => {
  test('every connection is reset as soon as it is open', async () => {
    await rig.follow();
    rig.server.tricks = { connection: (socket) => void socket.resetAndDestroy() };
    rig.server.reset();
    rig.change('meanwhile');
    await eventually(() => expect(problem()).toMatch(/ECONNRESET|socket hang up/));
    await rig.calm();
  });

  test('nobody listens', async () => {
    await rig.follow();
    await rig.server.down();
    rig.change('meanwhile');
    await eventually(() => expect(problem()).toContain('ECONNREFUSED'));
    await rig.server.up();
    await rig.calm();
  });

  test.each([
    ['the name of the server is not known', 'http://nowhere.invalid:6443', /ENOTFOUND|EAI_AGAIN/],
    ['the port is one that no server can have', 'http://127.0.0.1:1', /ECONNREFUSED/],
  ])('%s', async (_title, server, named) => {
    await rig.follow();
    await rig.kubeconfig(server);
    rig.server.tricks = RESETS;
    rig.server.reset();
    rig.change('meanwhile');
    await eventually(() => expect(problem()).toMatch(named));
    await rig.kubeconfig();
    await rig.calm();
  });

  test('a connection that opens and a server that never takes it', async () => {
    await rig.follow();
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = mute.address();
    await rig.kubeconfig(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    rig.server.tricks = RESETS;
    rig.server.reset();
    rig.change('meanwhile');
    await eventually(() => expect(problem()).toContain('no answer within'));
    await rig.kubeconfig();
    await rig.calm();
    mute.close();
  });
});
