import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { CHECKOUT } from '../../lab/machine/place.ts';

/**
 * Runs a driver in a network namespace of its own, on this machine's kernel and with the lab's programs,
 * and returns the JSON object it prints. Needs no root.
 */
export function driveInOwnNetns(driver: URL): Record<string, unknown> {
  const options = { env: environment(), encoding: 'utf8' } as const;
  return JSON.parse(execFileSync('unshare', argvOf(driver), options)) as Record<string, unknown>;
}

/** The same for one that others run beside. */
export async function driveBesideOthers(driver: URL, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)('unshare', [...argvOf(driver), ...args], { env: environment() });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const argvOf = (driver: URL): string[] => ['--map-root-user', '--net', process.execPath, driver.pathname];

function environment(): NodeJS.ProcessEnv {
  const root = `${CHECKOUT}/.cache/root`;
  const libraries = `${root}/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  return {
    ...process.env,
    PATH: `${process.env['PATH']}:${root}/usr/sbin:${root}/usr/bin`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: `${libraries}/xtables`,
  };
}
