import { expect } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

/** A file with one peer and more; each part is written as flow YAML. */
export const fileWith = ({ peer = '', bgp = '', rest = '', ranges = '10.99.66.0/23' }): string =>
  `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [${ranges}]
bgp: {localAs: 64512, routerId: 10.22.108.100, ${bgp === '' ? '' : `${bgp}, `}peers: [{address: 10.22.108.1, as: 64500}${peer === '' ? '' : `, {${peer}}`}]}
${rest}
`;

type Parts = Parameters<typeof fileWith>[0];

/** What is said of such a file, without the places. */
export const problemsOf = (parts: Parts): string[] =>
  (parseConfig(fileWith(parts), 'lb-1').problems ?? []).map(
    ({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`,
  );

/** What such a file means, which has to be a good one. */
export const configOf = (parts: Parts) => {
  const { config, problems } = parseConfig(fileWith(parts), 'lb-1');
  expect(problems).toBeUndefined();
  return config;
};
