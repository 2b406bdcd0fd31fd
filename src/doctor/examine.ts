import type { Config } from '../config/config.ts';
import { apiFacts } from './api-facts.ts';
import { apiFindings } from './api-server.ts';
import type { Finding } from './finding.ts';

/** What belongs together: its facts are gathered, and judged. Nothing is changed, and nothing rejects. */
type Group = (config: Config) => Promise<Finding[]>;

const apiServer: Group = async (config) => {
  const { source } = config;
  if (source.kind === 'kubernetes') return apiFindings(await apiFacts(config, source.kubeconfig));
  return [{ check: 'api address', severity: 'ok', found: `no API server is asked: manifests in ${source.directory}` }];
};

const GROUPS: readonly Group[] = [apiServer];

/** Everything that can be told of this node before an agent with this configuration runs on it, or beside one that does. */
export const examine = async (config: Config): Promise<Finding[]> =>
  (await Promise.all(GROUPS.map((group) => group(config)))).flat();
