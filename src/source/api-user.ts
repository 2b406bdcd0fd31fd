import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { User } from '@kubernetes/client-node';
import { type Credential, ExecPlugin, type ExecSpec } from './exec-plugin.ts';
import { arrayAt, isObject, objectAt, textAt } from './json.ts';
import { type OidcSpec, OidcTokens } from './oidc.ts';

/** How long an exec plugin may take: one that asks a cloud may need seconds, and a request waits for it. */
const PLUGIN_MS = 20_000;

/**
 * Users that somebody else has to be asked about: by an exec plugin, or with the token of an OIDC issuer. What was learnt
 * outlives the reading of the kubeconfig, for as long as that says the same.
 */
export class AskedUser {
  readonly #limitMs: number;
  #spec: ExecSpec | OidcSpec | undefined;
  #plugin: ExecPlugin | undefined;
  #tokens: OidcTokens | undefined;

  constructor(limitMs = PLUGIN_MS) {
    this.#limitMs = limitMs;
  }

  /** The user with the credentials of this moment in it; the same one where the kubeconfig says all about it. */
  async resolve(user: User): Promise<User> {
    this.#follow(execSpec(user) ?? oidcSpec(user));
    const credential = await (this.#plugin?.credential() ?? this.#tokens?.token().then(withToken));
    if (credential === undefined) return user;
    const { certificate, key, token } = credential;
    const known = { token, certData: inBase64(certificate), keyData: inBase64(key) };
    const told = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
    const { authProvider: _authProvider, exec: _exec, ...rest } = user;
    return { ...rest, ...told };
  }

  /** The server does not take what it was given. */
  forget(): void {
    this.#plugin?.forget();
    this.#tokens?.forget();
  }

  #follow(spec: ExecSpec | OidcSpec | undefined): void {
    if (isDeepStrictEqual(spec, this.#spec)) return;
    this.#spec = spec;
    this.#plugin = spec && 'command' in spec ? new ExecPlugin(spec, this.#limitMs) : undefined;
    this.#tokens = spec && 'issuer' in spec ? new OidcTokens(spec) : undefined;
  }
}

const withToken = (token: string): Credential => ({
  token,
  certificate: undefined,
  key: undefined,
  expiresAt: undefined,
});

const inBase64 = (pem: string | undefined): string | undefined => pem && Buffer.from(pem).toString('base64');

function execSpec({ exec }: User): ExecSpec | undefined {
  const written: unknown = exec;
  if (!isObject(written)) return undefined;
  const command = textAt(written, 'command');
  if (command === undefined)
    throw new TypeError('expected a command in the exec section of the kubeconfig, found none');
  const env = arrayAt(written, 'env').filter(isObject);
  return {
    apiVersion: textAt(written, 'apiVersion'),
    command,
    args: arrayAt(written, 'args').map(String),
    env: Object.fromEntries(env.map((one) => [textAt(one, 'name') ?? '', textAt(one, 'value') ?? ''])),
  };
}

function oidcSpec({ authProvider }: User): OidcSpec | undefined {
  const written: unknown = authProvider;
  if (!isObject(written) || written['name'] !== 'oidc') return undefined;
  const config = objectAt(written, 'config');
  const issuer = textAt(config, 'idp-issuer-url');
  const clientId = textAt(config, 'client-id');
  if (issuer === undefined || clientId === undefined) {
    throw new TypeError('expected idp-issuer-url and client-id in the auth-provider oidc of the kubeconfig');
  }
  const file = textAt(config, 'idp-certificate-authority');
  const data = textAt(config, 'idp-certificate-authority-data');
  return {
    issuer,
    clientId,
    clientSecret: textAt(config, 'client-secret') || undefined,
    idToken: textAt(config, 'id-token') || undefined,
    refreshToken: textAt(config, 'refresh-token') || undefined,
    ca: file ? readFileSync(file, 'utf8') : data && Buffer.from(data, 'base64').toString('utf8'),
  };
}
