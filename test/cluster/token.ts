import { createSign } from 'node:crypto';

/** The account a token is for, as the API has it. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * A token of a ServiceAccount (RFC 7519), as the API server itself signs them, but of any lifetime: a TokenRequest has to
 * ask for ten minutes at least.
 * @param key the server's `--service-account-signing-key-file`, as PEM
 */
export function signToken(key: string, { name, namespace, uid }: Account, seconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://kubernetes.default.svc',
    aud: ['https://kubernetes.default.svc'],
    sub: `system:serviceaccount:${namespace}:${name}`,
    iat: now,
    nbf: now,
    exp: now + seconds,
    'kubernetes.io': { namespace, serviceaccount: { name, uid } },
  };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
