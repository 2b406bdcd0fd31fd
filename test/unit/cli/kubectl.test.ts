import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { renderNodes } from '../../../src/cli/render/all-nodes.ts';
import { renderStatus } from '../../../src/cli/render/one-node.ts';
import { PLAIN } from '../../../src/cli/render/screen.ts';
import { UNREAD } from '../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/kubectl/main.ts');

/**
 * A stand-in for kubectl: says what is in the files beside it, and notes what it was called with. A shell starts at once,
 * also on a busy machine.
 */
const KUBECTL = `#!/bin/sh
folder=\${0%/*}
call=$(printf '%s\\037' "$@")
printf '%s\\n' "$call" >> "$folder/calls"
case " $* " in
  *' nowhere '*) printf 'Warning: odd\\nerror: context "nowhere" does not exist\\n' >&2; exit 1 ;;
  *' empty '*) echo '{"items":[]}'; exit 0 ;;
  *' get '*) exec cat "$folder/pods.json" ;;
  *' agent-hangs '*) exec sleep 600 ;;
  *' agent-gone '*) echo 'error: unable to upgrade connection: container not found ("agent")' >&2; exit 1 ;;
  *' agent-away '*)
    printf 'fairlead: no agent answers\\n  hint: is it running?\\ncommand terminated with exit code 3\\n' >&2; exit 3 ;;
  *' agent-a '*) exec cat "$folder/agent-a" ;;
  *' agent-b '*) cat "$folder/agent-b"; exit 1 ;;
esac
exit 2
`;

const pod = (name: string, node: string | undefined, phase = 'Running', metadata = {}) => ({
  metadata: { name, ...metadata },
  spec: { nodeName: node },
  status: { phase },
});
const PODS = [
  pod('agent-hangs', 'lb-5'),
  pod('agent-b', 'lb-2'),
  pod('agent-a', 'lb-1'),
  pod('agent-gone', 'lb-3'),
  pod('agent-new', 'lb-4', 'Pending'),
  pod('agent-old', 'lb-6', 'Running', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  pod('agent-away', 'lb-7'),
  pod('agent-unplaced', undefined, 'Pending'),
];

// Each starts some processes, and nothing is wrong with it where that takes long.
vi.setConfig({ testTimeout: 120_000 });

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** The command lines of kubectl. */
  readonly calls: string[][];
}

/** Runs it in a folder of its own. Nothing of it is left when the test is over, also where that was too late. */
async function plugin(...args: readonly string[]): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-kubectl-'));
  onTestFinished(() => rm(folder, { recursive: true, maxRetries: 3 }));
  await writeKubectl(folder);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` };
  // It leads a group, in which its kubectls are as well.
  const child = spawn(process.execPath, [MAIN, ...args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  onTestFinished(async () => {
    endGroup(child.pid);
    await closed;
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  const code = await closed;
  const calls = (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter(Boolean);
  return { code, out, err, calls: calls.map((line) => line.split('\u001F').slice(0, -1)) };
}

async function writeKubectl(folder: string): Promise<void> {
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text, { mode: 0o755 });
  await write('calls', '');
  await write('kubectl', KUBECTL);
  await write('pods.json', JSON.stringify({ kind: 'List', items: PODS }));
  await write('agent-a', JSON.stringify({ ...STATUS, traffic: UNREAD }));
  await write('agent-b', JSON.stringify({ ...WITHDRAWN, node: 'lb-2', version: '0.2.0', traffic: UNREAD }));
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // Nobody of it is there any more.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

describe('kubectl fairlead status', () => {
  test('is a row for each node, also for one that does not answer, and where they differ', async () => {
    const { code, out, err } = await plugin('status', '--timeout', '10');
    expect([code, err]).toStrictEqual([3, '']);
    expect(out).toBe(`\
Nodes
  NODE  ANNOUNCEMENT                         FOR   PEERS   CONDITIONS    VERSION
  lb-1  announced                            90 s  1 of 2  peer-down     0.1.0
  lb-2  withdrawn: probe-failed              60 s  1 of 2  probe-failed  0.2.0
  lb-3  no answer: error: unable to upgrade  -     -       -             -
        connection: container not found
        ("agent")
  lb-4  no answer: its pod is Pending        -     -       -             -
  lb-5  no answer: nothing within 10 s       -     -       -             -
  lb-6  no answer: its pod is Terminating    -     -       -             -
  lb-7  no answer: fairlead: no agent        -     -       -             -
        answers

Not the same on all nodes
  versions: 0.1.0 (lb-1); 0.2.0 (lb-2)
`);
  });

  test('of one node is its whole screen, and asks nobody else', async () => {
    const { code, out, calls } = await plugin('status', 'lb-1');
    expect([code, out]).toStrictEqual([0, renderStatus(PLAIN, STATUS, UNREAD)]);
    expect(calls.filter((argv) => argv.includes('exec'))).toHaveLength(1);
    expect(await plugin('status', 'lb-2', '--all')).toMatchObject({ code: 1 });
    expect(await plugin('status', 'lb-9')).toMatchObject({ code: 3, out: 'no agent runs on lb-9\n' });
    expect(await plugin('status', 'lb-4')).toMatchObject({ code: 3, out: 'lb-4: its pod is Pending\n' });
  });

  test('for machines is what each node says, or why it says nothing', async () => {
    const { code, out } = await plugin('status', 'lb-2', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { node: 'lb-2', status: { ...WITHDRAWN, node: 'lb-2', version: '0.2.0' }, traffic: UNREAD },
    ]);
  });

  test('passes on where the cluster is, as arguments of their own', async () => {
    const odd = '/tmp/a b; touch x';
    const { calls } = await plugin('status', 'lb-1', '-n', 'net', '--context', 'prod', '--kubeconfig', odd);
    const passed = ['--namespace', 'net', '--context', 'prod', '--kubeconfig', odd];
    expect(calls).toStrictEqual([
      [...passed, 'get', 'pods', '-l', 'app=fairlead', '-o', 'json'],
      [...passed, 'exec', 'agent-a', '-c', 'agent', '--', 'fairlead', 'status', '--json'],
    ]);
  });

  test('where there are no agents ends with 3 and where they were looked for', async () => {
    const { code, out, err } = await plugin('status', '-n', 'empty');
    expect([code, out]).toStrictEqual([3, '']);
    expect(err).toContain('none with the label app=fairlead is on a node, in the namespace empty\n  hint: see');
  });

  test('without a cluster ends with 3 and what kubectl said', async () => {
    const { code, out, err } = await plugin('status', '--context', 'nowhere');
    expect([code, out]).toStrictEqual([3, '']);
    expect(err).toContain('error: context "nowhere" does not exist\n  hint: see --context');
  });
});

test.each(['explain', 'doctor'])('kubectl fairlead %s is what each node says below its name', async (command) => {
  const args = command === 'explain' ? ['explain', 'shop/web'] : ['doctor'];
  const { code, calls, out } = await plugin(...args, '--timeout', '10');
  expect(code).toBe(3);
  expect(out).toMatch(/^lb-1\n {2}\{"node":"lb-1".*\n\nlb-2\n {2}\{"node":"lb-2"/);
  expect(out).toContain('lb-3\n  error: unable to upgrade connection');
  expect(out).toContain('lb-4\n  its pod is Pending\n');
  expect(calls.filter((argv) => argv.includes('exec'))).toHaveLength(5);
  expect(calls.at(1)?.slice(-args.length)).toStrictEqual(args);
});

/** Every package that is loaded from a file of ours on, before anything is asked for. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type)[^;]*?from '([^']+)'/gm))
    if (from.endsWith('.ts')) packagesOf(join(file, '..', from), seen);
    else seen.add(from);
  return seen;
}

test('it starts without what only an agent needs', () => {
  const packages = [...packagesOf(MAIN)].filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'));
  expect(packages.map((name) => name.replace(/^.*package\.json$/, 'package.json')).toSorted()).toStrictEqual([
    'commander',
    'package.json',
    'zod',
  ]);
});

test.each([
  [[], 2],
  [['status', '--bogus'], 2],
  [['status', '--timeout', 'soon'], 2],
  [['--version'], 0],
])('%j ends with %i', async (args, code) => {
  expect((await plugin(...args)).code).toBe(code);
});

test('nodes with long names and IPv6 ranges fit the screen, and what they have in common is not told', () => {
  const nodes = Array.from({ length: 40 }, (_, index) => ({
    node: `lb-${index}-${'x'.repeat(60)}`,
    status: { ...STATUS, ranges: [`fd99:6666:1234:5678:9abc:def0:${index.toString(16)}:0/112`] },
  }));
  const text = renderNodes(PLAIN, nodes);
  expect(text.split('\n').filter((line) => line.length > 80)).toStrictEqual([]);
  expect(text).toContain('ranges: ');
  expect(
    renderNodes(PLAIN, [
      { node: 'a', status: STATUS },
      { node: 'b', status: STATUS },
    ]),
  ).not.toContain('Not the same');
});
