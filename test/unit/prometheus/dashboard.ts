import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../lab/machine/place.ts';

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly Panel[];
}

/** deploy/grafana/fairlead.json. */
export const DASHBOARD = JSON.parse(readFileSync(join(CHECKOUT, 'deploy/grafana/fairlead.json'), 'utf8')) as Dashboard;

/** The queries as Prometheus is asked them, for all nodes, with the titles of their panels. */
export const QUERIES: readonly { readonly title: string; readonly expr: string; readonly legend: string }[] =
  DASHBOARD.panels.flatMap(({ targets = [], title }) =>
    targets.map(({ expr, legendFormat: legend }) => ({
      title,
      legend,
      expr: expr.replaceAll('$node', '.*').replaceAll('$__rate_interval', '5m'),
    })),
  );
