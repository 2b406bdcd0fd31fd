import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../error.ts';

/**
 * How this machine reaches Debian's mirror and npm's registry. What is built takes the same ways, so that a machine that
 * can prepare the lab can build the image, whatever stands between it and the world.
 */
export interface Network {
  readonly mirrors: Mirrors;
  /** Lines of apt.conf: proxies, and what is checked of a mirror's dates. */
  readonly apt: readonly string[];
  /** Proxies, as environment variables. */
  readonly proxies: Readonly<Record<string, string>>;
  readonly registry: string;
  /** The text of the user's .npmrc; empty where there is none. */
  readonly npmrc: string;
}

/** The addresses of Debian's archive and of its security updates. */
export interface Mirrors {
  readonly archive: string;
  readonly security: string | undefined;
}

/** The certificates that this machine trusts. */
export const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const APT_SETTINGS = /^Acquire::(https?(::|\s)|Check-|Retries\s)/i;

/** Asks apt and npm. Throws {LabError} where apt has no source of a Debian of this name. */
export async function readNetwork(suite: string): Promise<Network> {
  const [targets, settings, registry, userconfig] = await Promise.all([
    ask('apt-get', 'indextargets', '--no-release-info', '--format', '$(REPO_URI) $(RELEASE)', 'Created-By: Packages'),
    ask('apt-config', 'dump', '--format', '%F "%v";%n'),
    ask('npm', 'config', 'get', 'registry'),
    ask('npm', 'config', 'get', 'userconfig'),
  ]);
  const apt = settings.split('\n').filter((line) => APT_SETTINGS.test(line));
  const given = PROXIES.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return {
    mirrors: readMirrors(targets, suite),
    apt,
    proxies: { ...proxiesOfApt(apt), ...Object.fromEntries(given) },
    registry,
    npmrc: existsSync(userconfig) ? await readFile(userconfig, 'utf8') : '',
  };
}

async function ask(file: string, ...args: readonly string[]): Promise<string> {
  return (await execa(file, args, { env: { LC_ALL: 'C' } })).stdout.trim();
}

/** From lines of `URI SUITE`. */
export function readMirrors(lines: string, suite: string): Mirrors {
  const uriOf = (wanted: string): string | undefined =>
    lines.split('\n').flatMap((line) => (line.endsWith(` ${wanted}`) ? [line.split(' ')[0] ?? ''] : []))[0];
  const archive = uriOf(suite);
  if (archive === undefined) throw new LabError(`expected apt to have a source of ${suite}, found:\n${lines}`);
  return { archive, security: uriOf(`${suite}-security`) };
}

/** debootstrap downloads with wget, which does not ask apt. */
function proxiesOfApt(apt: readonly string[]): Record<string, string> {
  const found = apt.map((line) => /^Acquire::(https?)::proxy "(.+)";$/i.exec(line));
  return Object.fromEntries(
    found.flatMap((one) => (one?.[1] === undefined ? [] : [[`${one[1].toLowerCase()}_proxy`, one[2] ?? '']])),
  );
}

/**
 * A file of sources in the deb822 form, asking this machine's mirrors: security updates have one of their own.
 * Everything else of it, as suites and keys, stays.
 */
export const ownSources = (text: string, { archive, security = archive }: Mirrors): string =>
  text
    .split(/\n\s*\n/)
    .map((stanza) =>
      stanza.replace(/^URIs:.*$/im, `URIs: ${/^Suites:.*-security\b/im.test(stanza) ? security : archive}`),
    )
    .join('\n\n');

/**
 * The folder of this machine's npm. The pinned Node comes without one.
 * @throws {LabError} where it is not one that has all it needs in its own folder
 */
export function findNpm(path: string = process.env['PATH'] ?? ''): string {
  const found = path
    .split(':')
    .map((folder) => join(folder, 'npm'))
    .find((file) => existsSync(file));
  const folder = found === undefined ? undefined : dirname(dirname(realpathSync(found)));
  if (folder !== undefined && existsSync(join(folder, 'node_modules')) && existsSync(join(folder, 'bin/npm-cli.js'))) {
    return folder;
  }
  throw new LabError(`expected an npm with its own node_modules in PATH, found ${folder ?? 'none'}`);
}
