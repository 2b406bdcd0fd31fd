import { parse, stringify } from 'yaml';

/** Written by `npm run docs`. */
export const PROMETHEUS_RULE = 'deploy/prometheus/prometheus-rule.yaml';
export const ALERTS = 'deploy/prometheus/alerts.yaml';

/** The groups of a rule file as the object that the operator of Prometheus takes them from. */
export const prometheusRule = (alerts: string): string =>
  `# What alerts.yaml says, for the operator of Prometheus. Written by \`npm run docs\`.\n${stringify(
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'fairlead', namespace: 'fairlead' },
      spec: parse(alerts) as unknown,
    },
    { lineWidth: 0 },
  )}`;
