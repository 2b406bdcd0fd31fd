import { execFileSync } from 'node:child_process';
import { CHECKOUT } from '../../lab/machine/place.ts';

/**
 * Runs a driver in a network namespace of its own, on this machine's kernel and with the lab's programs,
 * and returns the JSON object it prints. Needs no root.
 */
export function driveInOwnNetns(driver: URL): Record<string, unknown> {
  const root = `${CHECKOUT}/.cache/root`;
  const libraries = `${root}/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const env = {
    ...process.env,
    PATH: `${process.env['PATH']}:${root}/usr/sbin:${root}/usr/bin`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: `${libraries}/xtables`,
  };
  const argv = ['--map-root-user', '--net', process.execPath, driver.pathname];
  return JSON.parse(execFileSync('unshare', argv, { env, encoding: 'utf8' })) as Record<string, unknown>;
}
