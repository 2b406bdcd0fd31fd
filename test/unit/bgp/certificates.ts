import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFile, libraryPath } from '../../../lab/machine/place.ts';
import type { TlsFiles } from '../../../src/bgp/tls.ts';

/** A certificate with its key, as files. */
export type Pair = Pick<TlsFiles, 'cert' | 'key'>;

/** Makes certificates in a folder of the test with `openssl`. */
export class Authority {
  /** The file with its own certificate. */
  readonly ca: string;
  readonly #folder: string;
  readonly #key: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.ca = join(folder, `${name}.pem`);
    this.#key = join(folder, `${name}.key`);
    openssl('req', '-x509', ...NEW_KEY, this.#key, '-out', this.ca, '-subj', `/CN=${name}`);
  }

  /** A certificate for these names, as in `DNS:gobgpd.example`, for so many days; it has expired with less than none. */
  issue(pair: string, names: string, days = 30): Pair {
    const at = (suffix: string): string => join(this.#folder, `${this.#name}-${pair}.${suffix}`);
    writeFileSync(at('ext'), `subjectAltName=${names}`);
    openssl('req', ...NEW_KEY, at('key'), '-out', at('csr'), '-subj', `/CN=${pair}`);
    const from = ['-in', at('csr'), '-CA', this.ca, '-CAkey', this.#key, '-CAcreateserial', '-extfile', at('ext')];
    openssl('x509', '-req', ...from, '-days', String(days), '-out', at('pem'));
    return { cert: at('pem'), key: at('key') };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout'];

const PROGRAM = findFile('usr/bin/openssl') ?? 'openssl';

const openssl = (...argv: readonly string[]): Buffer =>
  execFileSync(PROGRAM, argv, { stdio: 'pipe', env: { ...process.env, LD_LIBRARY_PATH: libraryPath() } });
