import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of an API server in its folder. */
export const FILES = {
  /** With it the tokens of ServiceAccounts are signed. */
  accountKey: 'accounts.key',
  tokens: 'tokens.csv',
  auditPolicy: 'audit-policy.json',
  auditLog: 'audit.log',
  /** Made by the server: its own certificate, and that of the authority it made for it. */
  certificate: 'apiserver.crt',
} as const;

/** Who has this one may do everything. */
export const ADMIN_TOKEN = 'admin-of-the-tests';

/** Every request with who asked, for what, and what became of it; a watch is written down when it ends as well. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** Writes what an API server has to find in its folder at its first start. */
export async function writeApiServerFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(join(folder, FILES.accountKey), privateKey);
  await writeFile(join(folder, FILES.tokens), `${ADMIN_TOKEN},admin,admin,system:masters\n`);
  await writeFile(join(folder, FILES.auditPolicy), JSON.stringify(AUDIT_POLICY));
}

/** Who asks: a token, or the file that has it at the time. */
export type Credentials = { readonly token: string } | { readonly tokenFile: string };

/**
 * A kubeconfig.
 * @param url of the API server
 * @param certificate the file with the certificate of its authority
 */
export const kubeconfigOf = (url: string, certificate: string, user: Credentials): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': certificate } }],
    users: [{ name: 'test', user: 'token' in user ? user : likeAPod(user.tokenFile) }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });

/** What @kubernetes/client-node makes of the service account of a pod. It knows no `tokenFile` as kubectl does. */
const likeAPod = (tokenFile: string): object => ({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } });
