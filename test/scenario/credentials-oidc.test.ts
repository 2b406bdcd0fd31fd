import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CredentialsRig, listen, urlOf } from './credentials-rig.ts';

let rig: CredentialsRig;
let issuer: Server;
/** What it was asked at its token endpoint. */
let grants: { readonly form: Record<string, string>; readonly authorization: string | undefined }[];
/** The one refresh token that it takes: each is good for one time. */
let current: string;
let failing: boolean;

beforeEach(async () => {
  rig = await CredentialsRig.open();
  grants = [];
  current = 'refresh-1';
  failing = false;
  issuer = await listen(
    rig.authority.issue('issuer', 'DNS:localhost'),
    (request, response) => void grant(request, response),
  );
});
afterEach(async () => {
  issuer.closeAllConnections();
  issuer.close();
  await rig[Symbol.asyncDispose]();
});

async function grant(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (code: number, body: object) => void response.writeHead(code).end(JSON.stringify(body));
  if (request.url === '/.well-known/openid-configuration') {
    return say(200, { issuer: urlOf(issuer), token_endpoint: `${urlOf(issuer)}/token` });
  }
  const form = Object.fromEntries(new URLSearchParams(await text(request)));
  grants.push({ form, authorization: request.headers.authorization });
  if (failing || form['refresh_token'] !== current) return say(400, { error: 'invalid_grant' });
  current = `refresh-${grants.length + 1}`;
  return say(200, { id_token: jwt(`token-${grants.length}`, 3600), refresh_token: current, expires_in: 3600 });
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Nobody here looks at its signature. */
function jwt(sub: string, seconds: number): string {
  return [part({ alg: 'none' }), part({ sub, exp: Math.floor(Date.now() / 1000) + seconds }), 'x'].join('.');
}

const subjects = () =>
  rig.asked.map(
    (token) => (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub,
  );

const user = (idToken: string, more: object = {}) =>
  rig.user({
    'auth-provider': {
      name: 'oidc',
      config: {
        'idp-issuer-url': urlOf(issuer),
        'idp-certificate-authority': rig.authority.ca,
        'client-id': 'fairlead',
        'id-token': idToken,
        'refresh-token': 'refresh-1',
        ...more,
      },
    },
  });

test('an ID token that is good is used as it is', async () => {
  await user(jwt('mine', 3600));
  expect(await rig.ask()).toBeUndefined();
  expect(subjects()).toStrictEqual(['mine']);
  expect(grants).toStrictEqual([]);
});

test('one that has expired is refreshed once for all requests, and the new one is used until it expires', async () => {
  await user(jwt('mine', -5));
  expect(await Promise.all([rig.ask(), rig.ask()])).toStrictEqual([undefined, undefined]);
  expect(await rig.ask()).toBeUndefined();
  expect(subjects()).toStrictEqual(['token-1', 'token-1', 'token-1']);
  expect(grants).toStrictEqual([
    {
      form: { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'fairlead' },
      authorization: undefined,
    },
  ]);
});

test('a secret of the client is sent as RFC 6749 has it', async () => {
  await user(jwt('mine', -5), { 'client-secret': 's:1' });
  expect(await rig.ask()).toBeUndefined();
  expect(grants[0]?.authorization).toBe(`Basic ${Buffer.from('fairlead:s%3A1').toString('base64')}`);
});

test('one that the server refuses is refreshed, with the refresh token that came last', async () => {
  await user(jwt('mine', -5));
  await rig.ask();
  rig.known = [];
  expect(await rig.ask()).toContain('HTTP 401');
  rig.known = undefined;
  expect(await rig.ask()).toBeUndefined();
  expect(subjects()).toStrictEqual(['token-1', 'token-1', 'token-2']);
  expect(grants.map(({ form }) => form['refresh_token'])).toStrictEqual(['refresh-1', 'refresh-2']);
});

test('an issuer that refuses is named, and asked again', async () => {
  await user(jwt('mine', -5));
  failing = true;
  expect(await rig.ask()).toContain('the OIDC issuer at localhost:');
  failing = false;
  expect(await rig.ask()).toBeUndefined();
});
