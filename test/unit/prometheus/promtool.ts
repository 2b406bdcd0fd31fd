import { execFileSync } from 'node:child_process';
import { findFile, libraryPath } from '../../../lab/machine/place.ts';

const PROMTOOL = findFile('usr/bin/promtool');

/** Why Prometheus' own checker cannot be asked; undefined where it can. Whoever skips a test for it gives it as the reason. */
export const withoutPromtool =
  PROMTOOL === undefined ? 'NO PROMTOOL: `node lab/setup/main.mjs --test-tools true` fetches it' : undefined;

/** What promtool says against something; empty where it is content. */
export function promtool(args: readonly string[], input = ''): string {
  const env = { ...process.env, LD_LIBRARY_PATH: libraryPath() };
  try {
    execFileSync(PROMTOOL ?? 'promtool', args, { env, input, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error;
    return `${String(error.stdout)}${String(error.stderr)}`;
  }
}
