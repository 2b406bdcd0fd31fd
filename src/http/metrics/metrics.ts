import type { Status } from '../../model/status.ts';
import { announcementFamilies } from './announcement.ts';
import { configFamilies } from './config.ts';
import { dataplaneFamilies } from './dataplane.ts';
import { exposition, type Family, gauge } from './family.ts';
import { healthFamilies } from './health.ts';
import { peerFamilies } from './peers.ts';
import { processFamilies, type Reading } from './process.ts';

/** The metrics of one moment, in Prometheus' text format. */
export const renderMetrics = (status: Status, reading: Reading): Promise<string> =>
  exposition(metricFamilies(status, reading));

/** All there are, in the order of docs/metrics.md. Each has a sample for each of a bounded number of labels. */
const metricFamilies = (status: Status, reading: Reading): Family[] => [
  gauge('fairlead_build_info', 'Always 1', [[{ version: status.version }, 1]]),
  ...configFamilies(status),
  ...announcementFamilies(status),
  ...peerFamilies(status),
  ...healthFamilies(status),
  ...dataplaneFamilies(status),
  ...processFamilies(reading),
];
