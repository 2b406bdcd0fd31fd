import { expect, test } from 'vitest';
import { Findings } from '../../../src/dataplane/ipvs/findings.ts';
import { KnownTable } from '../../../src/dataplane/ipvs/known.ts';
import { wantedService } from '../../../src/dataplane/ipvs/want.ts';

test('of a large load every change counts, and the first thousand are told in words', () => {
  const findings = new Findings();
  const service = wantedService({
    protocol: 'tcp',
    address: '10.99.66.10',
    port: 80,
    scheduler: 'rr',
    schedulerFlags: [],
    persistenceSeconds: 0,
    realServers: [],
  });
  for (let change = 0; change < 1001; change++)
    findings.done({ kind: 'edit-service', service }, new KnownTable(new Map()));
  expect(findings.changes).toHaveLength(1001);
  expect(findings.changes[999]).toBe('edit-service tcp/10.99.66.10:80 rr');
  expect(findings.changes[1000]).toBe('edit-service');
});
