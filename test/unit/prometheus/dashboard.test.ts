import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALERTS } from '../../../docs/prometheus-rule.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { renderMetrics } from '../../../src/http/metrics/metrics.ts';
import { promqlProblems } from '../docs/promql.ts';
import { READING } from '../http/reading.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';
import { DASHBOARD, type Panel, QUERIES } from './dashboard.ts';
import { type Exported, exportedIn, missingIn } from './exported.ts';
import { promtool, withoutPromtool } from './promtool.ts';
import { rulesIn } from './rules.ts';

const { panels, templating } = DASHBOARD;
const isRow = ({ type }: Panel): boolean => type === 'row';

describe('the panels', () => {
  test('have a number each, and a title', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.filter((panel) => !isRow(panel)).map(({ title }) => title)).size).toBeGreaterThan(30);
  });

  test('lie beside each other and below each other, and nowhere on each other', () => {
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  test.each(panels.filter((panel) => !isRow(panel)))('$title: has a unit, a word on it, and queries', (panel) => {
    expect(panel.fieldConfig?.defaults.unit).toMatch(/^\w+$/);
    expect(panel.description).toMatch(/^.{10,}$/);
    expect(panel.datasource?.uid).toBe('${datasource}');
    const ids = panel.targets?.map(({ refId }) => refId) ?? [];
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('one may choose the data source and the nodes, of those that export anything', () => {
  expect(templating.list.map(({ name }) => name)).toStrictEqual(['datasource', 'node']);
  expect(templating.list[1]?.definition).toBe('label_values(fairlead_build_info, instance)');
});

test.skipIf(withoutPromtool)(withoutPromtool ?? 'Prometheus takes every query', () => {
  expect(promqlProblems(QUERIES.map(({ expr }) => expr).join('\n'))).toStrictEqual([]);
});

describe('what is asked for is exported', () => {
  let exported: Exported;
  beforeAll(async () => {
    exported = exportedIn(await Promise.all([STATUS, WITHDRAWN].map((status) => renderMetrics(status, READING))));
  });

  test.each(QUERIES)('by $title: $expr', ({ expr, legend }) => {
    const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    expect(missingIn(expr, exported, shown)).toStrictEqual([]);
  });

  test.each(rulesIn(readFileSync(join(CHECKOUT, ALERTS), 'utf8')))('by $alert', ({ annotations, expr }) => {
    const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(missingIn(expr, exported, shown)).toStrictEqual([]);
  });

  test.each([
    ['a metric that is not there', 'fairlead_nothing', ['fairlead_nothing']],
    ['a label that is not there', 'fairlead_announced{peer="a"}', ['fairlead_announced{peer}']],
    ['a label to sum by', 'sum by (peer) (fairlead_announced)', ['peer']],
  ])('%s is noticed', (_, expr, missing) => {
    expect(missingIn(expr, exported)).toStrictEqual(missing);
  });
});

test.skipIf(withoutPromtool)(withoutPromtool ?? "the metrics keep to Prometheus' conventions", async () => {
  for (const status of [STATUS, WITHDRAWN])
    expect(promtool(['check', 'metrics'], await renderMetrics(status, READING))).toBe('');
  expect(promtool(['check', 'metrics'], '# HELP a_total b\n# TYPE a_total gauge\na_total 1\n')).toContain('_total');
});
