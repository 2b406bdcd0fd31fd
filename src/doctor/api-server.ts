import { type Address, parseAddress, type Prefix, prefixContains } from '../model/address.ts';
import { error, type Finding, ok, type Unknown, warning } from './finding.ts';
import { NEEDS, type Right, rightsOf } from './rights.ts';

export interface Certificate {
  /** Names and addresses it is for, as `IP Address:10.22.108.10`. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** An answer to `GET /version`, which needs no right. */
export interface Answer {
  readonly status: number;
  /** The server's clock, to the second, and ours when the answer came; milliseconds since the epoch. */
  readonly date: number | undefined;
  readonly at: number;
}

/** What was seen of the API server. Each is undefined where something before it was in the way. */
export interface ApiFacts {
  /** What this node serves; undefined where that is the ServiceCIDRs (`ranges: auto`). */
  readonly ranges: readonly Prefix[] | undefined;
  /** Where its address comes from, in words. */
  readonly origin: string;
  readonly server: string | Unknown;
  /** Whether a proxy of the kubeconfig stands between: then the address is not what this node connects to. */
  readonly proxied: boolean;
  readonly addresses: readonly Address[] | Unknown | undefined;
  /** Of the ServiceCIDR API; undefined where that cannot be read, or is not there. */
  readonly serviceCidrs: readonly Prefix[] | undefined;
  /** Whose name its certificate has to bear; undefined where the kubeconfig says that it is not looked at. */
  readonly expected: string | undefined;
  /** What it shows of itself, trusted or not. */
  readonly certificate: Certificate | Unknown | undefined;
  readonly answer: Answer | Unknown | undefined;
  readonly rights: readonly { readonly right: Right; readonly allowed: boolean }[] | Unknown | undefined;
}

/** What is right and wrong about the way to the API server, and with the rights there. */
export const apiFindings = (facts: ApiFacts): Finding[] => [
  ...addressFindings(facts),
  ...(facts.answer === undefined ? [] : [answerFinding(facts.answer, facts)]),
  ...(facts.certificate === undefined ? [] : [certificateFinding(facts.certificate, facts)]),
  ...clockFindings(facts.answer),
  ...rightsFindings(facts),
];

/** Where the file itself, or the environment, says of no API server. */
const NO_SERVER =
  'run it in the pod, or see whether source.kubernetes.kubeconfig names a kubeconfig with an API server';
const DIRECT = 'set KUBERNETES_SERVICE_HOST to an API server itself, or name one in a kubeconfig: docs/kubernetes.md';

function addressFindings({ addresses, origin, proxied, ranges, server, serviceCidrs = [] }: ApiFacts): Finding[] {
  const check = 'api address';
  if (typeof server !== 'string') return [error(check, `${origin}: ${server.problem}`, NO_SERVER)];
  const from = `${server}, from ${origin}`;
  if (proxied) return [ok(check, `${from}, through a proxy`)];
  if (addresses === undefined) return [];
  if ('problem' in addresses)
    return [error(check, `${from}: ${addresses.problem}`, 'use an address, or see the name servers of the node')];
  const found = `${from}${server.includes(addresses[0] ?? '') ? '' : ` (${addresses.join(', ')})`}`;
  const own = rangeOf(addresses, ranges ?? serviceCidrs);
  if (own) return [error(check, `${found} lies in ${own}, which this node serves itself`, DIRECT)];
  const other = rangeOf(addresses, serviceCidrs);
  if (other)
    return [error(check, `${found} is a ClusterIP (${other}): without kube-proxy nobody serves it here`, DIRECT)];
  return [ok(check, found)];
}

/** The first prefix that holds one of the addresses. */
const rangeOf = (addresses: readonly Address[], ranges: readonly Prefix[]): Prefix | undefined =>
  ranges.find((range) => addresses.some((address) => prefixContains(range, address)));

function answerFinding(answer: Answer | Unknown, { certificate }: ApiFacts): Finding {
  const check = 'api answer';
  if ('problem' in answer) {
    const trusted = 'see the line of the certificate, its authority, and the clock of this node';
    const way = 'see the route, the firewall and whether a kube-apiserver runs there';
    return error(check, answer.problem, certificate && !('problem' in certificate) ? trusted : way);
  }
  if (answer.status === 401)
    return error(check, 'HTTP 401', 'the token or the client certificate is not valid: see its expiry');
  const found = `HTTP ${answer.status}`;
  return answer.status === 200 ? ok(check, found) : error(check, found, 'see the log of the API server');
}

const DAY_MS = 86_400_000;
/** kubeadm's certificates last a year, and are renewed with each upgrade. */
const EXPIRES_SOON_MS = 14 * DAY_MS;

function certificateFinding(certificate: Certificate | Unknown, { answer, expected }: ApiFacts): Finding {
  const check = 'api certificate';
  if ('problem' in certificate) return error(check, certificate.problem, 'see whether TLS is spoken at this port');
  const { names, until } = certificate;
  const found = `valid until ${day(until)}, for ${names.join(', ') || 'no name'}`;
  if (expected === undefined) return ok(check, `${found}; not verified, by the kubeconfig`);
  if (!names.some((name) => isFor(name, expected))) {
    const remedy = `add ${expected} to it (kubeadm: apiServer.certSANs), or set tls-server-name in a kubeconfig`;
    return error(check, `${found}: not for ${expected}`, remedy);
  }
  const now = answer && 'at' in answer ? answer.at : 0;
  if (until - now >= EXPIRES_SOON_MS) return ok(check, found);
  return warning(check, found, 'renew it (`kubeadm certs renew apiserver`)');
}

/** As Node's tls writes a subjectAltName; one label may be a star. */
function isFor(name: string, host: string): boolean {
  const [kind, value = ''] = name.split(/:(.*)/s);
  if (kind === 'IP Address') return parseAddress(value.toLowerCase()) === (parseAddress(host) ?? host);
  return value.toLowerCase() === host || (value.startsWith('*.') && host.slice(host.indexOf('.')) === value.slice(1));
}

/** The Date of an answer has no fractions, and the answer takes its time. */
const SKEW_MS = 5000;

function clockFindings(answer: ApiFacts['answer']): Finding[] {
  if (answer === undefined || 'problem' in answer || answer.date === undefined) return [];
  const { at, date } = answer;
  const seconds = Math.round((at - date) / 1000);
  const found = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the API server`;
  const check = 'clock';
  if (Math.abs(at - date) <= SKEW_MS) return [ok(check, found)];
  return [warning(check, found, 'see the time service of both: tokens and certificates go by it')];
}

function rightsFindings({ ranges, rights }: ApiFacts): Finding[] {
  if (rights === undefined) return [];
  if ('problem' in rights)
    return [error('rights', rights.problem, 'the API server does not answer what this account may do')];
  const denied = (right: Right): boolean =>
    rights.some((one) => !one.allowed && one.right.verb === right.verb && one.right.resource === right.resource);
  return NEEDS.map((need) => {
    const missing = rightsOf(need)
      .filter(denied)
      .map(({ verb }) => verb);
    const check = `rights: ${need.subject}` as const;
    if (missing.length === 0) return ok(check, need.verbs.join(', '));
    const found = `may not ${missing.join(', ')} ${need.resource}: ${need.without}`;
    const vital = need.resource === 'servicecidrs' && ranges === undefined;
    const finding = vital || need.severity === 'error' ? error : warning;
    return finding(check, found, 'apply deploy/kustomize/base/rbac.yaml');
  });
}

const day = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString().slice(0, 10) : 'an unknown day');
