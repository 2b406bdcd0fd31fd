import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Users that the packages' install scripts would have made. They live in the guest's own layer of the root only. */
const USERS = [{ name: 'frr', id: 990 }];
const GROUPS = [
  { name: 'frr', id: 990, members: '' },
  { name: 'frrvty', id: 991, members: 'frr' },
];

/** Does what the install scripts of the unpacked packages would have done. */
export function completeRoot(): void {
  for (const { name, id } of USERS)
    appendMissing('/etc/passwd', name, `${name}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin`);
  for (const { name, id, members } of GROUPS) appendMissing('/etc/group', name, `${name}:x:${id}:${members}`);
  linkIptables();
  linkPrograms();
}

function appendMissing(file: string, name: string, line: string): void {
  const known = readFileSync(file, 'utf8')
    .split('\n')
    .some((entry) => entry.startsWith(`${name}:`));
  if (!known) appendFileSync(file, `${line}\n`);
}

/** `iptables` is a link made by update-alternatives. The UML kernel has no NAT in nf_tables. */
function linkIptables(): void {
  const flavour = process.env['LAB_KIND'] === 'uml' ? 'legacy' : 'nft';
  for (const family of ['iptables', 'ip6tables']) {
    for (const suffix of ['', '-save', '-restore']) {
      link(`/usr/sbin/${family}${suffix}`, `${family}-${flavour}${suffix}`);
    }
  }
}

/** What the containers' images have beside the packages of Debian: Node, fairlead and its gobgpd, ahead of the packages' own. */
function linkPrograms(): void {
  mkdirSync('/usr/local/bin', { recursive: true });
  link('/usr/local/bin/node', process.execPath);
  link('/usr/local/bin/fairlead', join(process.env['LAB_CHECKOUT'] ?? '/', 'dist/fairlead.js'));
  const gobgpds = process.env['LAB_GOBGPDS'] ?? '';
  if (gobgpds !== '') for (const name of ['gobgpd', 'gobgp']) link(`/usr/local/bin/${name}`, join(gobgpds, name));
}

function link(path: string, target: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}
