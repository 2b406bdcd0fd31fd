import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { explain, isLack } from '../../model/error.ts';
import { ensurePart, type PartReport } from '../part.ts';
import { formatOriginals, parseOriginals } from './parse.ts';
import { type Difference, formatDifference, planRestore, planSysctls, type SysctlValues } from './plan.ts';
import { acceptRa, IPV6_INTERFACES, type Sysctl } from './want.ts';

const ROOT = '/proc/sys';

/**
 * Sets the kernel settings that differ. Where /proc/sys is read-only, a wrong one becomes a problem that says so.
 *
 * @param originals the file that notes what a setting was before it is changed for the first time, for `restoreSysctls`
 */
export function ensureSysctls(wanted: readonly Sysctl[], originals: string, root = ROOT): Promise<PartReport> {
  return ensurePart({
    plan: () =>
      planSysctls(
        wanted,
        readAll(
          wanted.map(({ key }) => key),
          root,
        ),
        () => readListening(root),
      ),
    apply: (wrong) => [...note(originals, wrong), ...wrong.flatMap((sysctl) => write(sysctl, root))],
    format: formatDifference,
  });
}

/** Puts every setting back to what it was before fairlead first changed it, and forgets that when all are back. */
export async function restoreSysctls(originals: string, root = ROOT): Promise<PartReport> {
  const noted = parseOriginals(readFile(originals) ?? '');
  const report = await ensurePart({
    plan: () => planRestore(noted, readAll([...noted.keys()], root)),
    apply: (changed) => changed.flatMap((sysctl) => write(sysctl, root)),
    format: formatDifference,
  });
  if (report.problems.length === 0) rmSync(originals, { force: true });
  return report;
}

const readAll = (keys: readonly string[], root: string): SysctlValues =>
  new Map(keys.map((key) => [key, readFile(`${root}/${key}`)?.trim()]));

/** `all` and `default` are no interfaces, and the kernel sends no advertisements to itself. */
const NO_UPLINKS: ReadonlySet<string> = new Set(['all', 'default', 'lo']);

function readListening(root: string): SysctlValues {
  const names = readdirSync(`${root}/${IPV6_INTERFACES}`).filter((name) => !NO_UPLINKS.has(name));
  return new Map(names.map((name) => [name, readFile(`${root}/${acceptRa(name)}`)?.trim()]));
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isLack(error)) throw error;
    return undefined;
  }
}

function write({ key, value }: Sysctl, root: string): string[] {
  try {
    writeFileSync(`${root}/${key}`, value);
    return [];
  } catch (error) {
    return [`${key} could not be set: ${explain(error)}`];
  }
}

/** Never overwrites a value that is noted already: that one is from before fairlead came. */
function note(file: string, wrong: readonly Difference[]): string[] {
  const noted = parseOriginals(readFile(file) ?? '');
  const found = wrong.flatMap(({ key, found: value }): [string, string][] =>
    value === undefined ? [] : [[key, value]],
  );
  const news = found.filter(([key]) => !noted.has(key));
  if (news.length === 0) return [];
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, formatOriginals(new Map([...noted, ...news])));
    renameSync(`${file}.new`, file);
    return [];
  } catch (error) {
    return [`the original values could not be noted in ${file}: ${explain(error)}`];
  }
}
