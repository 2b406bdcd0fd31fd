import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { clusterPrograms } from '../../cluster/programs.ts';
import { withoutKubectl } from './kubectl.ts';
import { PAGES, readRepository } from './pages.ts';

const page = PAGES.find(({ file }) => file === 'docs/quick-start.md');

/** The first block of a kind that begins or goes on with this. */
function block(info: string, words: string): string {
  const found = page?.blocks.find((one) => one.info === info && one.text.includes(words));
  expect(found, `a block with ${words}`).toBeDefined();
  return `${found?.text}\n`;
}

const config = block('yaml', 'kind: FairleadConfig');
const kustomization = block('yaml', 'kind: Kustomization');
const patch = block('yaml', 'kind: DaemonSet');

let folder: string;
const MINE = 'my-cluster';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-quick-start-'));
  mkdirSync(join(folder, MINE));
  writeFileSync(join(folder, MINE, 'config.yaml'), config);
});

afterAll(() => rmSync(folder, { recursive: true }));

const check = (): { out: string; err: string } => {
  const options = { cwd: folder, env: { ...process.env, NODE_IP: '10.22.108.100' }, encoding: 'utf8' } as const;
  const argv = [join(CHECKOUT, 'src/cli/main.ts'), 'config', 'check', `${MINE}/config.yaml`];
  try {
    return { out: execFileSync(process.execPath, argv, { ...options, stdio: 'pipe' }), err: '' };
  } catch (error) {
    return { out: '', err: error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error) };
  }
};

test('the configuration is good, and the check says of it what the page shows', () => {
  expect(check()).toStrictEqual({ out: block('text', ': good'), err: '' });
});

test('of a mistyped key the check says what the page shows', () => {
  writeFileSync(join(folder, MINE, 'config.yaml'), config.replace('localAs', 'locaAs'));
  expect(check()).toStrictEqual({ out: '', err: block('text', 'config-invalid') });
  writeFileSync(join(folder, MINE, 'config.yaml'), config);
});

interface Built {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

test.skipIf(withoutKubectl !== undefined)(
  `the three files make the manifests with them in it ${withoutKubectl ?? ''}`,
  () => {
    cpSync(join(CHECKOUT, 'deploy/kustomize'), join(folder, 'deploy/kustomize'), { recursive: true });
    writeFileSync(join(folder, MINE, 'kustomization.yaml'), kustomization);
    writeFileSync(join(folder, MINE, 'api-server.yaml'), patch);
    const text = execFileSync(clusterPrograms().kubectl, ['kustomize', join(folder, MINE)], { encoding: 'utf8' });
    const built = parseAllDocuments(text).map((document) => document.toJS() as Built);
    const taken = built.find(({ kind }) => kind === 'ConfigMap')?.data?.['config.yaml'] ?? '';
    expect(parseConfig(taken, 'n', '10.22.108.100')).toMatchObject({
      config: { bgp: { peers: [{ bfd: { multiplier: 3 } }] } },
    });
    const [agent] = built.find(({ kind }) => kind === 'DaemonSet')?.spec?.template?.spec.containers ?? [];
    expect(agent?.image).toBe('registry.example.org/fairlead:v1');
    expect(agent?.env).toEqual(expect.arrayContaining([{ name: 'KUBERNETES_SERVICE_HOST', value: '10.22.108.10' }]));
    expect(agent?.env.filter(({ name }) => name === 'NODE_NAME')).toHaveLength(1);
  },
);

/** Its lines but for comments, what the lab logs, and the addresses of neighbours, of which there are as many as nodes. */
const essence = (text: string): string[] => {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^ ?!|^(log|hostname|service|frr) /.test(line))
    .map((line) => line.replaceAll(/\d+\.\d+\.\d+\.\d+/g, 'ADDRESS'));
  return lines.filter((line, index) => line !== lines[index - 1]);
};

test("the switch of the page is the lab's, with other addresses", () => {
  expect(essence(block('frr', 'multipath-relax'))).toStrictEqual(essence(readRepository('lab/tor/frr.conf')));
});
