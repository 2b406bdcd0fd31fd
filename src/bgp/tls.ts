import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { FairleadError } from '../model/error.ts';

/** Files with PEM in them, by absolute paths. */
export interface TlsFiles {
  /** The authority that the other end's certificate has to come from. */
  readonly ca: string;
  /** What this end shows of itself. */
  readonly cert: string;
  readonly key: string;
  /** The name in the other end's certificate; undefined for that of the target, which is `localhost` for a socket. */
  readonly serverName: string | undefined;
}

/**
 * Reads the files as they are now: a connection that is made later sees what has been renewed since.
 * @throws FairleadError `gobgpd-failed` that names the file that is missing or holds something else
 */
export function tlsCredentials({ ca, cert, key }: TlsFiles): ChannelCredentials {
  const [authority, chain, secret] = [read(ca), read(cert), read(key)];
  decode(ca, 'a certificate', () => new X509Certificate(authority));
  const own = decode(cert, 'a certificate', () => new X509Certificate(chain));
  const ownKey = decode(key, 'a private key without a passphrase', () => createPrivateKey(secret));
  expectPair(own, ownKey, { cert, key });
  return credentials.createSsl(authority, secret, chain);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new FairleadError('gobgpd-failed', `TLS: ${file} cannot be read`, { cause });
  }
}

/** What a decoder says of what it could not read is left out: it may quote it. */
function decode<T>(file: string, kind: string, decoder: () => T): T {
  try {
    return decoder();
  } catch {
    throw new FairleadError('gobgpd-failed', `TLS: expected PEM of ${kind} in ${file}, found something else`);
  }
}

function expectPair(own: X509Certificate, ownKey: KeyObject, { cert, key }: Pick<TlsFiles, 'cert' | 'key'>): void {
  if (own.checkPrivateKey(ownKey)) return;
  throw new FairleadError(
    'gobgpd-failed',
    `TLS: expected the key of the certificate ${cert} in ${key}, found another`,
    {
      hint: 'where a renewal writes one file after the other, the next try finds both',
    },
  );
}
