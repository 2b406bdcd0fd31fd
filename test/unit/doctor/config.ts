import type { Config } from '../../../src/config/config.ts';
import { parseConfig } from '../../../src/config/parse.ts';

/** A small configuration with some more lines. */
export function configOf(more = ''): Config {
  const { config, problems } = parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { manifests: { directory: /etc/fairlead/manifests } }
ranges: [10.99.66.0/23]
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500, bfd: 300x3 }] }
${more}
`,
    'lb-1',
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}
