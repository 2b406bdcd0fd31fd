import { readFile } from 'node:fs/promises';
import https from 'node:https';
import type { ApiObject } from '../scenario/api-objects.ts';
import { ADMIN_TOKEN } from './files.ts';

/** What the API server has answered. */
export interface Answer {
  readonly status: number;
  /** The JSON of it; its text, where it is none. */
  readonly body: unknown;
}

/** How the kinds that the tests write are called in a path. */
const RESOURCES: Readonly<Record<string, string>> = {
  EndpointSlice: 'endpointslices',
  Event: 'events',
  Lease: 'leases',
  Namespace: 'namespaces',
  Node: 'nodes',
  Pod: 'pods',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  ServiceCIDR: 'servicecidrs',
};

/** The API as an administrator, by hand: what kubectl does in a second takes some milliseconds here. */
export class AdminApi {
  readonly #url: string;
  readonly #certificate: string;
  readonly #agent = new https.Agent({ keepAlive: true });

  /** @param certificate the file with the certificate of the server's authority */
  constructor(url: string, certificate: string) {
    this.#url = url;
    this.#certificate = certificate;
  }

  /** Creates an object or makes it what it is here (server-side apply). Returns it as it is now. */
  async put(object: ApiObject): Promise<ApiObject> {
    const { body } = await this.must('PATCH', `${pathOf(object)}?fieldManager=test&force=true`, object);
    return body as ApiObject;
  }

  async delete(object: ApiObject): Promise<void> {
    await this.must('DELETE', pathOf(object));
  }

  async get(path: string): Promise<unknown> {
    return (await this.must('GET', path)).body;
  }

  /** @throws where the answer is no success */
  async must(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.ask(method, path, body);
    if (answer.status < 300) return answer;
    throw new Error(`${method} ${path}: HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json',
    };
    const ca = await readFile(this.#certificate);
    const request = https.request(this.#url + path, { method, headers, ca, agent: this.#agent });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    request.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }));
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Where an object is in the API. */
function pathOf({ apiVersion, kind, metadata }: ApiObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`expected one of ${Object.keys(RESOURCES).join(', ')}, found ${kind}`);
  return `${root}${within}/${resource}/${metadata.name}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
