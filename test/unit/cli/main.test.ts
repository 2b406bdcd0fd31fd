import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { PLAIN } from '../../../src/cli/render/screen.ts';
import { renderStatus } from '../../../src/cli/render/one-node.ts';
import type { Status } from '../../../src/model/status.ts';
import { UNREAD } from '../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');
const GOOD = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23]
bgp:
  localAs: 64512
  routerId: 10.22.108.100
  peers:
    - { address: 10.22.108.1, as: 64500 }
`;

const AUTO = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: auto
announcement: { med: 7 }
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500 }] }
`;
const FULL = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges:
  - { prefix: 10.99.66.0/23, largeCommunities: ["64512:1:2"], med: 50, localPref: 200 }
  - { prefix: "fd99:66::/112", med: 7 }
dataplane: { loadBalancerIPs: [192.0.2.0/24] }
announcement: { communities: ["64512:100"], weight: 10, services: { loadBalancerIPs: true } }
nodes: [{ names: [lb-3], weight: capacity }]
bgp:
  localAs: 64512
  routerId: 10.22.108.100
  listenAddresses: [10.22.108.100, "fd00:22:108::100"]
  accept: [0.0.0.0/0]
  peers:
    - address: 10.22.108.1
      as: 64500
      holdTime: 3s
      bfd: 300x3
      passwordFile: /secrets/leaf1
      ttlSecurity: true
      nodes: { names: [lb-1, lb-2], labels: { rack: r7, role: lb } }
    - { gateway: ipv6, interface: eth0, as: 64512, gracefulRestart: {}, passive: true }
    - { address: 192.168.7.7, as: 64502, multihop: 5 }
`;

const inConfigMap = (file: string): string =>
  `kind: ConfigMap\ndata:\n  config.yaml: |\n${file.replaceAll(/^(?=.)/gm, '    ')}`;

let directory: string;
const at = (name: string): string => join(directory, name);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as a process of its own. */
const fairlead = (...args: readonly string[]): Promise<Ended> => ended(process.execPath, MAIN, ...args);

/**
 * The same with another network and another /run: on a machine where fairlead has run before, a bad file means the last
 * good one, and an agent that starts.
 */
const apart = (...args: readonly string[]): Promise<Ended> => {
  const script = 'mount -t tmpfs tmpfs /run && exec "$@"';
  const inside = ['--map-root-user', '--net', '--mount', 'sh', '-c', script, 'sh'];
  return ended('unshare', ...inside, process.execPath, MAIN, ...args);
};

function ended(file: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-cli-'));
  await writeFile(at('good.yaml'), GOOD);
  await writeFile(at('full.yaml'), FULL);
  await writeFile(at('auto.yaml'), AUTO);
  const bad = GOOD.replace('10.22.108.100', '10.22.108').replace('bgp:', 'rangs: []\nbgp:');
  await writeFile(at('bad.yaml'), bad);
  await writeFile(at('good-map.yaml'), inConfigMap(GOOD));
  await writeFile(at('bad-map.yaml'), inConfigMap(bad));
});
afterAll(() => rm(directory, { recursive: true }));

describe('usage', () => {
  test.concurrent.each([
    ['an unknown option', ['status', '--bogus'], "error: unknown option '--bogus'"],
    ['an unknown command', ['anounce'], "error: unknown command 'anounce'"],
    ['a file that is missing from the command line', ['config', 'check'], "error: missing required argument 'file'"],
    ['an option without its value', ['status', '--socket'], "error: option '--socket <path>' argument missing"],
  ])('%s ends with 2 and a sentence on stderr', async (_, args, message) => {
    const { code, out, err } = await fairlead(...args);
    expect([code, out]).toStrictEqual([2, '']);
    expect(err).toContain(message);
  });

  test.concurrent('help and version end with 0 and write to stdout', async () => {
    const [help, version] = await Promise.all([fairlead('help'), fairlead('--version')]);
    expect([help.code, help.err]).toStrictEqual([0, '']);
    for (const command of ['run', 'status', 'drain', 'undrain', 'cleanup', 'config'])
      expect(help.out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect(version).toStrictEqual({ code: 0, out: `${packageJson.version}\n`, err: '' });
  });
});

describe('config check', () => {
  test.concurrent('a good file ends with 0, and with what it means', async () => {
    expect(await fairlead('config', 'check', at('good.yaml'))).toStrictEqual({
      code: 0,
      out: [
        `${at('good.yaml')}: good`,
        '  announces 10.99.66.0/23',
        '  to 10.22.108.1, AS 64500 (eBGP), hold time 9s',
        '',
      ].join('\n'),
      err: '',
    });
  });

  test.concurrent('what a good file means is told of each range and each peer', async () => {
    const [, ...lines] = (await fairlead('config', 'check', at('full.yaml'))).out.split('\n');
    expect(lines).toStrictEqual([
      '  announces 10.99.66.0/23, community 64512:100, community 64512:1:2, MED 50, local preference 200',
      '  announces fd99:66::/112, community 64512:100, MED 7',
      '  announces single addresses in 192.0.2.0/24, community 64512:100',
      '  with weight capacity, on nodes lb-3',
      '  with weight 10',
      '  to 10.22.108.1, AS 64500 (eBGP), hold time 3s, BFD 300ms x 3, password from /secrets/leaf1, GTSM, on nodes lb-1 or lb-2 or rack=r7 and role=lb',
      '  to the IPv6 gateway through eth0, AS 64512 (iBGP), hold time 9s, graceful restart 30s, passive',
      '  to 192.168.7.7, AS 64502 (eBGP), hold time 9s, TTL 5',
      '  lets in 0.0.0.0/0',
      '',
    ]);
  });

  test.concurrent('of ranges that the cluster names it is told what that means', async () => {
    const { code, out } = await fairlead('config', 'check', at('auto.yaml'));
    const all = 'announces what the ServiceCIDRs of the cluster say, each prefix of each object, MED 7';
    expect([code, out.split('\n')[1]]).toStrictEqual([0, `  ${all}`]);
  });

  test.concurrent('`config schema` prints the JSON Schema that is shipped', async () => {
    const { code, out } = await fairlead('config', 'schema');
    expect(code).toBe(0);
    const shipped = readFileSync(new URL('../../../deploy/fairlead.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(out)).toStrictEqual(JSON.parse(shipped));
  });

  test.concurrent('a bad file ends with 2 and every problem with line and column', async () => {
    const { code, out, err } = await fairlead('config', 'check', at('bad.yaml'));
    expect([code, out]).toStrictEqual([2, '']);
    expect(err).toMatch(/^fairlead: config-invalid: /);
    expect(err).toContain('bad.yaml:4:1 rangs: expected a known key (did you mean ranges?)');
    expect(err).toContain('bad.yaml:7:13 bgp.routerId: expected an IPv4 unicast address');
    expect(err).toContain('\n  hint: docs/configuration.md lists every key\n');
  });

  test.concurrent('the manifest of a ConfigMap stands for the file in it', async () => {
    const { code, out } = await fairlead('config', 'check', at('good-map.yaml'));
    expect([code, out.split('\n')[1]]).toStrictEqual([0, '  announces 10.99.66.0/23']);
    const { err } = await fairlead('config', 'check', at('bad-map.yaml'));
    expect(err).toContain('bad-map.yaml:7:5 rangs: expected a known key (did you mean ranges?)');
    const asJson = await fairlead('config', 'check', at('bad-map.yaml'), '--json');
    expect([asJson.code, JSON.parse(asJson.out)]).toMatchObject([2, { problems: [{ line: 7, column: 5 }, {}] }]);
  });

  test.concurrent('a bad file is told of as JSON as well', async () => {
    const { code, out } = await fairlead('config', 'check', at('bad.yaml'), '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      good: false,
      problems: [{ line: 4, column: 1, path: 'rangs' }, { line: 7 }],
    });
  });

  test.concurrent('a file that is not there ends with 2', async () => {
    const { code, err } = await fairlead('config', 'check', at('none.yaml'));
    expect(code).toBe(2);
    expect(err).toMatch(/^fairlead: config-unreadable: cannot read .*none\.yaml: ENOENT/);
  });

  test.concurrent.each(['run', 'cleanup'])(
    '%s with a bad file ends with 2 before it touches anything',
    async (command) => {
      const { code, err } = await apart(command, '--config', at('bad.yaml'));
      expect(code).toBe(2);
      expect(err).toContain('config-invalid');
    },
  );
});

const TRAFFIC = JSON.stringify(UNREAD);

/** Runs `fairlead status` against an agent that answers with a text. */
async function statusOf(answer: string, ...args: readonly string[]): Promise<Ended> {
  const socket = join(await mkdtemp(at('agent-')), 'agent.sock');
  const agent = createServer(({ url }, response) => response.end(url === '/traffic' ? TRAFFIC : answer));
  await new Promise<void>((resolve) => agent.listen(socket, resolve));
  try {
    return await fairlead('status', '--socket', socket, ...args);
  } finally {
    agent.close();
  }
}

describe('status', () => {
  test.concurrent.each<[string, Status, number]>([
    ['announces', STATUS, 0],
    ['does not announce', WITHDRAWN, 1],
  ])('of an agent that %s is the text without colour, and the exit code tells', async (_, status, code) => {
    const expected = { code, out: renderStatus(PLAIN, status, UNREAD), err: '' };
    expect(await statusOf(JSON.stringify(status))).toStrictEqual(expected);
  });

  test.concurrent('with --json is what the agent said, with the traffic in it', async () => {
    const { code, out } = await statusOf(JSON.stringify(STATUS), '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { ...STATUS, traffic: UNREAD }]);
    expect(out.match(/\n/g)).toHaveLength(1);
  });

  test.concurrent('with --all is the whole of it', async () => {
    const { out } = await statusOf(JSON.stringify(STATUS), '--all');
    expect(out).toBe(renderStatus({ ...PLAIN, all: true }, STATUS, UNREAD));
  });

  test.concurrent('without an agent ends with 3 and a hint', async () => {
    const { code, out, err } = await fairlead('status', '--socket', at('nobody.sock'));
    expect([code, out]).toStrictEqual([3, '']);
    expect(err).toMatch(/^fairlead: agent-unreachable: the agent does not answer on .*nobody\.sock: connect ENOENT/);
    expect(err).toContain('\n  hint: is `fairlead run` running on this node');
  });

  test.concurrent('of something else that answers ends with 3', async () => {
    const { code, err } = await statusOf('<html>');
    expect(code).toBe(3);
    expect(err).toContain('agent-unreachable');
  });
});
