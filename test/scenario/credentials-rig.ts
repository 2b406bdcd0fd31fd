import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { accessBy } from '../../src/source/api-access.ts';
import { ApiClient, timeoutsFor } from '../../src/source/api-client.ts';
import { Authority, type Pair } from '../unit/bgp/certificates.ts';

export const secureContext = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });

/** An HTTPS server of a test, which asks for client certificates and takes whichever comes. */
export async function listen(
  pair: Pair,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer({ ...secureContext(pair), requestCert: true, rejectUnauthorized: false }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export const urlOf = (server: Server): string => `https://localhost:${(server.address() as AddressInfo).port}`;

/** An API server that only looks at who asks, and a client of it by a kubeconfig. */
export class CredentialsRig {
  readonly directory: string;
  readonly authority: Authority;
  readonly server: Server;
  /** Who asked, one for each request: its token, or the name in its certificate. */
  readonly asked: string[] = [];
  /** Whom it knows; the others get 401. */
  known: readonly string[] | undefined;
  readonly client: ApiClient;

  static async open(pluginMs?: number): Promise<CredentialsRig> {
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-credentials-'));
    const authority = new Authority(directory, 'ca');
    const rig: CredentialsRig[] = [];
    const server = await listen(authority.issue('server', 'DNS:localhost'), (request, response) =>
      rig[0]?.answer(request, response),
    );
    const opened = new CredentialsRig(directory, authority, server, pluginMs);
    rig.push(opened);
    return opened;
  }

  private constructor(directory: string, authority: Authority, server: Server, pluginMs: number | undefined) {
    this.directory = directory;
    this.authority = authority;
    this.server = server;
    this.client = new ApiClient(accessBy(this.file('kubeconfig'), pluginMs), timeoutsFor(30_000));
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** A kubeconfig with one user, who trusts the file `ca.pem`. */
  async user(user: object): Promise<void> {
    const cluster = { server: urlOf(this.server), 'certificate-authority': this.authority.ca };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    await writeFile(this.file('kubeconfig'), JSON.stringify(config));
  }

  /** One request: undefined where it was answered, else why not. */
  async ask(signal: AbortSignal = new AbortController().signal): Promise<string | undefined> {
    return this.client.get('/version', {}, signal).then(() => undefined, String);
  }

  /** A plugin that says what stands in the file `answer`, after a line of shell, and counts how often it runs. */
  async plugin(line = ''): Promise<object> {
    const script = `echo "$KUBERNETES_EXEC_INFO" >> ${this.file('runs')}\n${line}\ncat ${this.file('answer')}\n`;
    await writeFile(this.file('plugin.sh'), script);
    await writeFile(this.file('runs'), '');
    return { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: [this.file('plugin.sh')] };
  }

  /** What the plugin says. */
  async says(status: object): Promise<void> {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
    await writeFile(this.file('answer'), JSON.stringify(credential));
  }

  /** What the plugin was told, once for each time it ran. */
  async runs(): Promise<string[]> {
    return (await readFile(this.file('runs'), 'utf8')).split('\n').filter((line) => line !== '');
  }

  answer({ headers, socket }: IncomingMessage, response: ServerResponse): void {
    const token = headers.authorization?.replace('Bearer ', '');
    const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
    const who = token ?? String(certificate);
    this.asked.push(who);
    const code = this.known === undefined || this.known.includes(who) ? 200 : 401;
    response.writeHead(code).end(JSON.stringify({ message: `answer ${code}` }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.server.closeAllConnections();
    this.server.close();
    await rm(this.directory, { recursive: true });
  }
}
