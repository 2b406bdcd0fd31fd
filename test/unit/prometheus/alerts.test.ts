import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { ALERTS, PROMETHEUS_RULE } from '../../../docs/prometheus-rule.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { CONDITIONS } from '../../../src/model/condition.ts';
import { obstacleToCluster } from '../../cluster/programs.ts';
import { kustomizedIn, named, nameOf, objectsIn } from '../deploy/render.ts';
import { ALERT_CASES, type Series } from './alert-cases.ts';
import { promtool, withoutPromtool } from './promtool.ts';
import { type Rule, rulesIn } from './rules.ts';

const read = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');
const rules = rulesIn(read(ALERTS));

/** One case as promtool has it. Some alerts are of no cluster. */
const playing =
  (firing: number) =>
  ([alert, series]: readonly [alert: string, series: Series], index: number) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({
      series: name.replace('{', `{cluster="${index}",`),
      values,
    })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing",cluster=~"${index}|"})`,
        eval_time: '2h',
        exp_samples: firing === 0 ? [] : [{ labels: '{}', value: firing }],
      },
    ],
  });

describe.skipIf(withoutPromtool)(withoutPromtool ?? 'Prometheus', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fairlead-alerts-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  /**
   * What promtool has against so many of each of these firing two hours after the series began. Each is in a cluster of its
   * own, all in one go; none at all is nothing that could be beside others.
   */
  async function played(cases: readonly (readonly [alert: string, series: Series])[], firing: number): Promise<string> {
    const [together, alone] = [false, true].map((isAlone) =>
      cases.map(playing(firing)).filter(({ input_series: series }) => (series.length === 0) === isAlone),
    );
    const one = {
      interval: '1m',
      input_series: together?.flatMap(({ input_series: series }) => series),
      promql_expr_test: together?.flatMap(({ promql_expr_test: sought }) => sought),
    };
    const file = join(folder, 'cases.yaml');
    const tests = [one, ...(alone ?? [])];
    await writeFile(file, stringify({ rule_files: [join(CHECKOUT, ALERTS)], evaluation_interval: '5m', tests }));
    return promtool(['test', 'rules', file]);
  }

  test('takes the rules', () => {
    expect(promtool(['check', 'rules', join(CHECKOUT, ALERTS)])).toBe('');
  });

  test('raises each when it should', async () => {
    expect(
      await played(
        Object.entries(ALERT_CASES).map(([alert, { fires }]) => [alert, fires]),
        1,
      ),
    ).toBe('');
  });

  test('raises none when it should not', async () => {
    const cases = Object.entries(ALERT_CASES).flatMap(([alert, { silent }]) =>
      silent.map((series) => [alert, series] as const),
    );
    expect(await played(cases, 0)).toBe('');
  });
});

test('every alert is tried', () => {
  expect(Object.keys(ALERT_CASES).toSorted()).toStrictEqual(rules.map(({ alert }) => alert).toSorted());
  for (const { silent } of Object.values(ALERT_CASES)) expect(silent).not.toHaveLength(0);
});

test.each(rules)('$alert says how bad it is, what is wrong, what to do and where more is to be read', (rule: Rule) => {
  expect(rule.labels.severity).toMatch(/^(critical|warning|info)$/);
  const { description, runbook, summary } = rule.annotations;
  expect(summary).toMatch(/^.{15,110}$/);
  expect(description).toMatch(/^.{40,400}\.$/);
  const [file = '', anchor] = runbook.split('#');
  const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text);
  const anchors = headings.map((text) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  if (anchor !== undefined) expect(anchors).toContain(anchor);
});

test('codes that alerts name are those of conditions, and each that has an alert of its own has no other', () => {
  const [rest, own] = [true, false].map((isRest) => [
    ...new Set(rules.filter(({ alert }) => (alert === 'FairleadConditionLasts') === isRest).flatMap(codesIn)),
  ]);
  // What a metric of its own tells as well.
  const elsewhere = ['peer-down', 'peer-flapping', 'bfd-down'];
  expect(rest?.toSorted()).toStrictEqual([...(own ?? []), ...elsewhere].toSorted());
  expect(rest?.filter((code) => !(code in CONDITIONS))).toStrictEqual([]);
});

const codesIn = ({ expr }: Rule): string[] =>
  [...expr.matchAll(/code(?:=|=~|!~)"([^"]+)"/g)].flatMap(([, codes = '']) => codes.split('|'));

test('the object for the operator of Prometheus holds the same groups', () => {
  const { spec } = parse(read(PROMETHEUS_RULE)) as { spec: unknown };
  expect(spec, 'write it anew by `npm run docs`').toStrictEqual(parse(read(ALERTS)));
});

test('the port of the PodMonitor is the one that the patch names, and the pods those of the DaemonSet', () => {
  const [monitor, port, daemonSet] = ['prometheus/pod-monitor', 'prometheus/port', 'kustomize/base/daemonset'].map(
    (name) =>
      parseAllDocuments(read(`deploy/${name}.yaml`))[0]?.toJS() as {
        spec: Record<string, unknown> & { selector: unknown };
      },
  );
  expect(monitor?.spec).toMatchObject({ podMetricsEndpoints: [{ port: 'metrics', path: '/metrics' }] });
  expect(port?.spec).toMatchObject({
    template: { spec: { containers: [{ name: 'agent', ports: [{ name: 'metrics' }] }] } },
  });
  expect(monitor?.spec.selector).toStrictEqual(daemonSet?.spec.selector);
});

test('docs/metrics.md lists them all with their severities', () => {
  const table = [...read('docs/metrics.md').matchAll(/^\| `(Fairlead\w+)` *\| (\w+) *\|/gm)];
  expect(table.map(([, alert, severity]) => [alert, severity])).toStrictEqual(
    rules.map(({ alert, labels }) => [alert, labels.severity]),
  );
});

test('the folder is a component that any overlay can take', async ({ skip }) => {
  const obstacle = obstacleToCluster();
  if (obstacle !== undefined) return skip(obstacle);
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-component-'));
  try {
    const [base, component] = ['kustomize/base', 'prometheus'].map((name) =>
      relative(folder, join(CHECKOUT, 'deploy', name)),
    );
    await writeFile(join(folder, 'kustomization.yaml'), stringify({ resources: [base], components: [component] }));
    const objects = objectsIn(await kustomizedIn(folder));
    expect(objects.map(nameOf)).toEqual(
      expect.arrayContaining(['PodMonitor fairlead/fairlead', 'PrometheusRule fairlead/fairlead']),
    );
    const agent = { name: 'agent', ports: [{ name: 'metrics', containerPort: 9467 }] };
    const containers = expect.arrayContaining([expect.objectContaining(agent)]) as unknown;
    expect(named(objects)['DaemonSet fairlead/fairlead']).toMatchObject({
      spec: { template: { spec: { containers } } },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
