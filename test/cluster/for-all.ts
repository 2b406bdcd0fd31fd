import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Cluster } from './cluster.ts';
import { obstacleToCluster } from './programs.ts';

/**
 * One cluster for all tests of the file, or of the `describe`, it is called in. Returns what gives it. Where none can run,
 * the tests are skipped.
 */
export function clusterForAll(...options: Parameters<typeof Cluster.start>): () => Cluster {
  const obstacle = obstacleToCluster();
  let cluster: Cluster;
  beforeAll(async () => {
    if (obstacle === undefined) cluster = await Cluster.start(...options);
  });
  beforeEach(({ skip }) => obstacle !== undefined && skip(obstacle));
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  return () => cluster;
}
