import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import tls from 'node:tls';
import type { Config } from '../config/config.ts';
import { type Address, parseAddress, parsePrefix, type Prefix } from '../model/address.ts';
import { accessBy } from '../source/api-access.ts';
import { type ApiAccess, ApiClient, type ApiRequestOptions, timeoutsFor } from '../source/api-client.ts';
import { arrayAt, isObject, objectAt } from '../source/json.ts';
import { hostOf } from '../source/host.ts';
import type { Answer, ApiFacts, Certificate } from './api-server.ts';
import { orProblem } from './look.ts';
import { NEEDS, type Right, rightsOf } from './rights.ts';

/** What has no answer by then has none. */
const PATIENCE_MS = 5000;

/** Looks at the API server that the agent with this configuration would use. Changes nothing, and never rejects. */
export async function apiFacts(config: Config, kubeconfig: string | undefined): Promise<ApiFacts> {
  const origin = kubeconfig === undefined ? originOfPod() : `the kubeconfig ${kubeconfig}`;
  const nothing = { certificate: undefined, answer: undefined, rights: undefined, serviceCidrs: undefined };
  const ranges = config.rangesFrom === 'configuration' ? config.ranges : undefined;
  const base = { ranges, origin, proxied: false, addresses: undefined, expected: undefined, ...nothing };
  const access = accessBy(kubeconfig);
  const way = await orProblem(access.request());
  if ('problem' in way) return { ...base, server: way };
  const { options, server } = way;
  const proxied = options.agent !== undefined;
  const host = hostOf(server);
  const [addresses, certificate, answer] = await Promise.all([
    orProblem(addressesOf(host)),
    proxied || !server.startsWith('https:') ? undefined : orProblem(certificateAt(new URL(server), options.servername)),
    orProblem(answerOf(new URL(`${server.replace(/\/$/, '')}/version`), options)),
  ]);
  const expected = options.rejectUnauthorized === false ? undefined : (options.servername ?? host);
  const seen = { ...base, server, proxied, addresses, expected, certificate, answer };
  return 'problem' in answer ? seen : { ...seen, ...(await asked(access, config.cluster.namespace)) };
}

/** kubelet gives each pod the ClusterIP of the Service `kubernetes`, unless its manifest says otherwise. */
function originOfPod(): string {
  const { KUBERNETES_SERVICE_HOST: host } = process.env;
  return host === undefined ? 'the environment' : `KUBERNETES_SERVICE_HOST in the environment`;
}

async function addressesOf(host: string): Promise<Address[]> {
  const found = isIP(host) ? [{ address: host }] : await lookup(host, { all: true });
  return found.flatMap(({ address }) => parseAddress(address) ?? []);
}

/** What the server shows of itself, to anybody: nothing is sent, so that it need not be trusted for it. */
function certificateAt(url: URL, servername: string | undefined): Promise<Certificate> {
  const host = hostOf(url);
  const name = servername ?? (isIP(host) ? undefined : host);
  const { promise, resolve, reject } = Promise.withResolvers<Certificate>();
  const port = Number(url.port || 443);
  const socket = tls.connect({
    host,
    port,
    rejectUnauthorized: false,
    ...(name !== undefined && { servername: name }),
  });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no certificate within ${PATIENCE_MS} ms`)));
  socket.once('error', reject).once('secureConnect', () => {
    const { subjectaltname = '', valid_to } = socket.getPeerCertificate();
    const names = subjectaltname.split(', ').filter((one) => one !== '');
    resolve({ names, until: Date.parse(valid_to) });
    socket.destroy();
  });
  return promise;
}

function answerOf(url: URL, options: ApiRequestOptions): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const get = url.protocol === 'http:' ? http.get : https.get;
  const request = get(url, { ...options, timeout: PATIENCE_MS }, (response) => {
    const { date } = response.headers;
    resolve({
      status: response.statusCode ?? 0,
      date: date === undefined ? undefined : Date.parse(date),
      at: Date.now(),
    });
    response.destroy();
  });
  request.on('timeout', () => request.destroy(new Error(`no answer within ${PATIENCE_MS} ms`))).on('error', reject);
  return promise;
}

/** What only the API itself says. */
async function asked(access: ApiAccess, namespace: string): Promise<Pick<ApiFacts, 'rights' | 'serviceCidrs'>> {
  const client = new ApiClient(access, timeoutsFor(PATIENCE_MS));
  try {
    const rights = await orProblem(mayDo(client, namespace));
    return { rights, serviceCidrs: await serviceCidrsOf(client).catch(() => undefined) };
  } finally {
    client.close();
  }
}

/** Anybody may ask what he may do himself (the ClusterRole system:basic-user). */
function mayDo(client: ApiClient, own: string): Promise<{ right: Right; allowed: boolean }[]> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const ask = async (right: Right) => {
    const { group, namespace: where, verb } = right;
    const [resource = '', subresource] = right.resource.split('/');
    const namespace = where === 'own' ? own : where;
    const resourceAttributes = {
      group,
      resource,
      verb,
      ...(subresource && { subresource }),
      ...(namespace && { namespace }),
    };
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    };
    const answer = await client.write({ method: 'POST', path, body }, new AbortController().signal);
    return { right, allowed: objectAt(isObject(answer) ? answer : {}, 'status')['allowed'] === true };
  };
  return Promise.all(NEEDS.flatMap(rightsOf).map(ask));
}

/** Kubernetes 1.33 and later have it. */
async function serviceCidrsOf(client: ApiClient): Promise<Prefix[]> {
  const list = await client.get('/apis/networking.k8s.io/v1/servicecidrs', {}, new AbortController().signal);
  return arrayAt(isObject(list) ? list : {}, 'items')
    .flatMap((item) => arrayAt(objectAt(isObject(item) ? item : {}, 'spec'), 'cidrs'))
    .flatMap((cidr) => (typeof cidr === 'string' ? (parsePrefix(cidr) ?? []) : []));
}
