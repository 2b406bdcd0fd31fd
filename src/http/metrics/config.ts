import type { Status } from '../../model/status.ts';
import { type Family, gauge } from './family.ts';

/** What has become of the configuration file; no sample where there is none to follow. */
export const configFamilies = ({ config }: Pick<Status, 'config'>): Family[] => [
  gauge(
    'fairlead_config_last_reload_successful',
    'Whether the configuration file as it was last read is good',
    config && Number(config.problems.length === 0),
  ),
  gauge(
    'fairlead_config_last_reload_success_timestamp_seconds',
    'Since when the configuration in service has been so, as a Unix time',
    config && config.loadedAt / 1000,
  ),
  gauge(
    'fairlead_config_keys_waiting_for_restart',
    'Keys of the file that count only from the next start on',
    config?.needsRestart.length,
  ),
];
