/** What a person can do about a connection that cannot be made, by what the failure says; the first that fits. */
const HINTS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bE(ACCES|PERM)\b/, 'the socket is for its own user alone: run this as the same user as gobgpd'],
  [/\bENOENT\b/, 'there is no such socket: is gobgpd running, and with this address as its --api-hosts?'],
  [
    /\bECONNREFUSED\b/,
    'nobody listens there: a gobgpd that was killed leaves its socket behind, and cannot use it when it starts again ' +
      'until somebody deletes it, which `fairlead sidecar` does',
  ],
  [/altnames/, "the name in gobgpd's certificate is another one: set bgp.tls.serverName to it"],
  [
    /unable to (verify|get)|self-signed certificate|certificate has expired|certificate is not yet valid/,
    "gobgpd's certificate is out of date, or does not come from the authority in bgp.tls.ca",
  ],
  [
    /\balert\b/,
    'gobgpd takes none but certificates of its --tls-client-ca-file: bgp.tls.cert is not, or no longer, one',
  ],
  [/wrong version number/, 'what listens there does not speak TLS: leave bgp.tls out, or start gobgpd with --tls'],
  [
    /Failed to connect|Protocol error|ECONNRESET/,
    'what listens there ends the connection: it wants TLS (bgp.tls), or other certificates, or it is no gobgpd',
  ],
];

/** A hint for the words of a failed attempt to connect; undefined where there is nothing to say. */
export const connectHint = (details: string): string | undefined => HINTS.find(([words]) => words.test(details))?.[1];

/** Whether nobody listens where gobgpd should. */
export const isNobodyThere = (details: string): boolean => /\b(ENOENT|ECONNREFUSED)\b/.test(details);

/**
 * The words of a failed attempt without what changes from one to the next, which would make each of them news: the time, and
 * addresses in this process. A note on name resolution, which a local target has none of, goes as well.
 */
export const connectWords = (details: string): string =>
  details
    .replace(/\s*Resolution note:.*$/s, '')
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\s*\(\d{4}-\d\d-\d\dT[^)]*\)/, '')
    .replace(/[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):.*$/s, 'TLS: $1')
    .replace(/\.\s*$/, '');
