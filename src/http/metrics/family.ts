import { AggregatorRegistry } from 'prom-client';
import type { Histogram } from '../../model/histogram.ts';

type Labels = Readonly<Record<string, string>>;

/** One value of a metric. `metricName` where it is another than that of the family, as in a histogram. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric with all its samples of one moment. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

type Values<V> = Iterable<readonly [Labels, V]>;

const samples = (values: Values<number>): Sample[] => [...values].map(([labels, value]) => ({ labels, value }));

/** @param values one value alone for a metric without labels; undefined for no sample at all */
export const gauge = (name: string, help: string, values: Values<number> | number | undefined): Family => ({
  name,
  help,
  type: 'gauge',
  values: samples(toValues(values)),
});

/** @param name ends in `_total` */
export const counter = (name: string, help: string, values: Values<number> | number | undefined): Family => ({
  name,
  help,
  type: 'counter',
  values: samples(toValues(values)),
});

/** @param name ends in the unit of what was observed */
export const histogram = (name: string, help: string, values: Values<Histogram>): Family => ({
  name,
  help,
  type: 'histogram',
  values: [...values].flatMap(([labels, value]) => histogramSamples(name, labels, value)),
});

/** 1 for the one in force, 0 for each other. */
export const oneOf = (label: string, all: readonly string[], inForce: string | undefined): Values<number> =>
  all.map((one) => [{ [label]: one }, one === inForce ? 1 : 0]);

/** The values of a record, labelled by their keys. */
export const byKey = (label: string, record: Readonly<Record<string, number>>): Values<number> =>
  Object.entries(record).map(([key, value]) => [{ [label]: key }, value]);

/**
 * In Prometheus' text format 0.0.4. Nothing is kept between two scrapes, so that there is nothing to keep in step:
 * prom-client is given what was counted elsewhere, as it is by the workers of a cluster.
 */
export const exposition = (families: readonly Family[]): Promise<string> =>
  AggregatorRegistry.aggregate([families.map((family) => ({ ...family, aggregator: 'first' }))]).metrics();

function toValues(values: Values<number> | number | undefined): Values<number> {
  if (values === undefined) return [];
  return typeof values === 'number' ? [[{}, values]] : values;
}

/** Prometheus wants each bucket to hold those below it as well. */
function histogramSamples(name: string, labels: Labels, { bounds, counts, sum }: Histogram): Sample[] {
  let count = 0;
  const buckets = counts.map((inBucket, index) => {
    count += inBucket;
    const le = String(bounds[index] ?? '+Inf');
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
