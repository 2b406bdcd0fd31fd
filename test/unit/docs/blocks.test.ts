import { expect, test } from 'vitest';
import { blockProblems } from './blocks.ts';
import { lineProblems } from './commands.ts';
import { allCommands, spelledOut } from './fairlead-command.ts';
import { withoutKubectl } from './kubectl.ts';
import { PAGES } from './pages.ts';

const blocks = PAGES.flatMap((page) => page.blocks);
/** Inline code that is a command with something behind its name. */
const commands = PAGES.flatMap((page) => page.inlines).filter(({ text }) =>
  /^(fairlead|kubectl|npm|helm|docker) \S/.test(text),
);

test.each(blocks)('what $place shows can be done as it stands there', (block) => {
  expect(blockProblems(block)).toStrictEqual([]);
});

test.each(commands)('the command in $place can be given: $text', ({ text }) => {
  expect(lineProblems(text)).toStrictEqual([]);
});

test('the README names every command of the program', () => {
  const readme = PAGES.find(({ file }) => file === 'README.md')?.blocks.map(({ text }) => text) ?? [];
  const named = readme.join('\n').split('\n').flatMap(spelledOut);
  expect(allCommands().filter((command) => !named.some((line) => `${line} `.startsWith(`${command} `)))).toStrictEqual(
    [],
  );
});

test('there are blocks and commands', () => {
  expect(blocks.length).toBeGreaterThan(30);
  expect(commands.length).toBeGreaterThan(30);
});

const refused = (info: string | undefined, text: string): string =>
  blockProblems({ place: 'here', info, text }).join('\n');

const CONFIG = 'apiVersion: fairlead.io/v1alpha1\nkind: FairleadConfig';

test.each([
  ['an unknown fence', 'toml', 'a = 1', 'of no known kind'],
  ['an indented text of no kind', undefined, 'ranges: [10.99.66.0/23]', 'neither commands nor a drawing'],
  ['YAML that is none', 'yaml', 'bgp: [', 'Flow sequence'],
  ['a configuration that is refused', 'yaml', `${CONFIG}\nranges: [10.99.66.1/23]`, 'ranges'],
  ['a part of one with a mistyped key', 'yaml', 'dataplane: { scedulr: rr }', 'scedulr'],
  ['a key of no known file', 'yaml', 'colour: red', 'no part of a known file: colour'],
  ['an object without a name', 'yaml', 'apiVersion: v1\nkind: Secret', 'metadata.name'],
  [
    'an object of an unknown kind',
    'yaml',
    'apiVersion: v1\nkind: DaemonSet\nmetadata: { name: x }',
    'found v1 DaemonSet',
  ],
  [
    'a mistyped field of an object',
    'yaml',
    'apiVersion: v1\nkind: Secret\nmetadata: { name: x }\nstringDta: {}',
    'stringDta',
  ],
  ['a mistyped field of a part of a pod', 'yaml', 'volumeMounts: [{ name: a, mountPth: /a }]', 'mountPth'],
  [
    'a ConfigMap with a bad configuration',
    'yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata: { config.yaml: 'ranges: 7' }`,
    'ranges',
  ],
  [
    'a rule that Prometheus refuses',
    'yaml',
    'groups: [{ name: x, rules: [{ alert: A, expr: "up ==" }] }]',
    'could not parse expression',
  ],
  ['JSON that is none', 'json', '{ "a": }', 'SyntaxError'],
  ['a shell that does not parse', 'sh', 'if true; then echo', 'end of file'],
  ['FRR that FRR refuses', 'frr', 'router bgp 64500\n nonsense 7', 'Unknown command'],
  ['BIRD that BIRD refuses', 'bird', 'protocol nonsense { }', 'syntax error'],
  ['an expression that Prometheus refuses', 'promql', 'sum(up', 'unclosed'],
])('refused: %s', (_what, info, text, reason) => {
  expect(refused(info, text)).toContain(reason);
});

test.each([
  ['fairlead statsu', "unknown command 'statsu'"],
  ['fairlead status --jsn', "unknown option '--jsn'"],
  ['fairlead drain --timeout 3parsecs', 'expected a duration'],
  ['fairlead drain | undrain [--whait]', '--whait'],
  ['fairlead config check ONE TWO', 'too many arguments'],
  ['npm run demos', 'no script demos'],
  ['npm run faults -- --olny agent-hang', 'takes no --olny'],
  ['npm run faults -- --only agent-hung', 'takes no agent-hung'],
  ['npm run bench -- ipsv', 'takes no ipsv'],
  ['npm run lab -- exec lb9 ip route', 'no node lb9'],
  ['npm run lab -- exec lb1 fairlead sttaus', "unknown command 'sttaus'"],
  ['npm test -- test/unit/bpg', 'no tests in test/unit/bpg'],
  ['cat docs/nowhere.md', 'there is no docs/nowhere.md'],
  ['frobnicate the node', 'frobnicate is no program'],
  ['docker run fairlead:dev fairlead sttaus', "unknown command 'sttaus'"],
  ['A=1 node lab/setup/main.mjs dist/fairlead.js sttaus', "unknown command 'sttaus'"],
  ['kubectl fairlead drain lb-1', "unknown command 'drain'"],
  ['kubectl fairlead status lb-1 lb-2', 'too many arguments'],
  ['kubectl fairlead status --watch', "unknown option '--watch'"],
  ["sh -c 'fairlead sttaus'", "unknown command 'sttaus'"],
  ['kill 7 && fairlead sttaus', "unknown command 'sttaus'"],
])('refused: %s', (line, reason) => {
  expect(lineProblems(line).join('\n')).toContain(reason);
});

test.skipIf(withoutKubectl !== undefined).each([
  ['kubectl gte nodes', 'has no command gte'],
  ['kubectl get nodes --selectr role=lb', 'kubectl get has no --selectr'],
  ['kubectl get nodse', 'Kubernetes has no nodse'],
  ['kubectl get nodes -l role=bl', 'found role=bl'],
  ['kubectl -n fairled get leases', 'found fairled'],
  ['kubectl -n fairlead exec POD -c agnet -- fairlead status', 'found agnet'],
  ['kubectl -n fairlead exec POD -c agent -- fairlead sttaus', "unknown command 'sttaus'"],
  ['kubectl -n fairlead rollout restart daemonset/fairled', 'no daemonset/fairled'],
  ['kubectl apply -f deploy/nowhere.yaml', 'no deploy/nowhere.yaml here'],
  ['kubectl create secret genric x', 'kubectl create secret has no command genric'],
])(`refused: %s ${withoutKubectl ?? ''}`, (line, reason) => {
  expect(lineProblems(line).join('\n')).toContain(reason);
});
