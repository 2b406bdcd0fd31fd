import { isIP } from 'node:net';

/**
 * Whether a request with this Host header is answered: one by an address, or by a name that is this machine's own for every
 * resolver (RFC 6761, section 6.3). A page of another site that has its own name lead to this address (DNS rebinding) sends
 * that name, and would be let read the answer. Probes of the kubelet send the address of the probe, `kubectl port-forward`
 * and `ssh -L` what was typed, and the port of neither has to be ours.
 *
 * @param host undefined with HTTP/1.0, which no browser speaks
 */
export function isOwnHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return isIP(name) !== 0 || /^(?:[a-z0-9-]+\.)*localhost\.?$/.test(name);
}
