import type http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { isObject, type JsonObject, textAt } from './json.ts';

/** A user's `auth-provider` of the name `oidc` in a kubeconfig. */
export interface OidcSpec {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** PEM; undefined for the authorities that Node knows. */
  readonly ca: string | undefined;
}

/** A token that is about to expire is a refused request. */
const MARGIN_MS = 10_000;
const LIMIT_MS = 10_000;

/**
 * The ID token of OpenID Connect, refreshed when it expires (RFC 6749 section 6). A refresh token that comes with a new one
 * replaces the one of the kubeconfig for the life of this process: an issuer may take each of them once.
 * @kubernetes/client-node takes `expires_in` for a moment, and so asks the issuer before each request, without the secret.
 */
export class OidcTokens {
  readonly #spec: OidcSpec;
  readonly #now: () => number;
  #idToken: string | undefined;
  #refreshToken: string | undefined;
  #running: Promise<string> | undefined;

  constructor(spec: OidcSpec, now: () => number = Date.now) {
    this.#spec = spec;
    this.#now = now;
    this.#idToken = spec.idToken;
    this.#refreshToken = spec.refreshToken;
  }

  async token(): Promise<string> {
    if (this.#idToken !== undefined && expiryOf(this.#idToken) - MARGIN_MS > this.#now()) return this.#idToken;
    this.#running ??= this.#refresh().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** The server does not take it. */
  forget(): void {
    this.#idToken = undefined;
  }

  async #refresh(): Promise<string> {
    const { ca, clientId, clientSecret, issuer } = this.#spec;
    if (this.#refreshToken === undefined) throw new Error('the OIDC token has expired, and there is no refresh-token');
    const found = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { ca });
    const endpoint = textAt(found, 'token_endpoint');
    if (endpoint === undefined)
      throw new TypeError(`expected a token_endpoint of the OIDC issuer ${issuer}, found none`);
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: this.#refreshToken });
    if (!clientSecret) form.set('client_id', clientId);
    const auth = clientSecret && `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    const answer = await ask(endpoint, { ca, auth, form });
    const idToken = textAt(answer, 'id_token');
    if (idToken === undefined) throw new TypeError(`expected an id_token of the OIDC issuer ${issuer}, found none`);
    this.#refreshToken = textAt(answer, 'refresh_token') ?? this.#refreshToken;
    this.#idToken = idToken;
    return idToken;
  }
}

/** `exp` of a JWT in milliseconds since the epoch; 0 where it says nothing that can be read. */
function expiryOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isObject(claims) ? Number(claims['exp'] ?? 0) * 1000 : 0;
  } catch {
    return 0;
  }
}

interface Question {
  readonly ca: string | undefined;
  /** `name:password` for Basic authentication. */
  readonly auth?: string | undefined;
  /** What is posted; without it, GET. */
  readonly form?: URLSearchParams;
}

async function ask(url: string, { auth, ca, form }: Question): Promise<JsonObject> {
  const body = form?.toString();
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const signal = AbortSignal.timeout(LIMIT_MS);
  const method = body === undefined ? 'GET' : 'POST';
  https.request(url, { ca, auth, headers, method, signal, agent: false }, resolve).on('error', reject).end(body);
  try {
    const response = await promise;
    return answerOf(response.statusCode, await text(response));
  } catch (cause) {
    throw new Error(`the OIDC issuer at ${new URL(url).host} has given no token`, { cause });
  }
}

/** The error code of RFC 6749 section 5.2 says what is wrong, and holds no secret. */
function answerOf(status: number | undefined, body: string): JsonObject {
  const answer = parseJson(body);
  if (status !== 200) throw new Error(`HTTP ${status}${answer ? `: ${textAt(answer, 'error') ?? ''}` : ''}`);
  if (!answer) throw new TypeError('expected a JSON object, found something else');
  return answer;
}

function parseJson(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
