import { readFileSync, writeFileSync } from 'node:fs';
import { explain } from '../../model/error.ts';
import { ensurePart, type PartReport } from '../part.ts';
import { formatDifference, planSysctls, type SysctlValues } from './plan.ts';
import { SYSCTLS } from './want.ts';

/** Sets the kernel settings that differ. Where /proc/sys is read-only, a wrong one becomes a problem that says so. */
export function ensureSysctls(): Promise<PartReport> {
  return ensurePart({
    plan: () => planSysctls(SYSCTLS, read()),
    apply: (wrong) => wrong.flatMap((sysctl) => write(sysctl.key, sysctl.value)),
    format: formatDifference,
  });
}

const read = (): SysctlValues => new Map(SYSCTLS.map(({ key }) => [key, readOne(key)]));

function readOne(key: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${key}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

function write(key: string, value: string): string[] {
  try {
    writeFileSync(`/proc/sys/${key}`, value);
    return [];
  } catch (error) {
    return [`${key} could not be set: ${explain(error)}`];
  }
}
