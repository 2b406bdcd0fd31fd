/**
 * What a lab machine needs from Debian, beyond what every Debian has. `file` proves that a package is there: on this
 * machine, or else unpacked below .cache/root; with a star at its end, any file of such a name does. To add a package, add a line.
 */
const BASE = [
  { name: 'frr', file: 'usr/lib/frr/bgpd' },
  { name: 'bird2', file: 'usr/sbin/bird' },
  { name: 'gobgpd', file: 'usr/bin/gobgpd' },
  { name: 'ipvsadm', file: 'usr/sbin/ipvsadm' },
  { name: 'iptables', file: 'usr/sbin/xtables-nft-multi' },
  { name: 'ipset', file: 'usr/sbin/ipset' },
  { name: 'nftables', file: 'usr/sbin/nft' },
  { name: 'conntrack', file: 'usr/sbin/conntrack' },
  { name: 'iproute2', file: 'usr/bin/ip' },
  { name: 'iputils-ping', file: 'usr/bin/ping' },
  { name: 'kmod', file: 'usr/bin/kmod' },
  { name: 'openssl', file: 'usr/bin/openssl' },
];
const UML = [{ name: 'user-mode-linux', file: 'usr/bin/linux.uml' }];
const QEMU = [
  { name: 'qemu-system-x86', file: 'usr/bin/qemu-system-x86_64' },
  { name: 'busybox-static', file: 'usr/bin/busybox' },
  { name: 'linux-image-amd64', file: 'boot/vmlinuz-*' },
];

/** The packages for the kind of machine FAIRLEAD_LAB asks for; without a wish, those that run anywhere. */
export function wantedPackages(wish = process.env['FAIRLEAD_LAB']) {
  if (wish === 'native') return BASE;
  return [...BASE, ...(wish === 'qemu' ? QEMU : UML)];
}

/** What `npm test` wants on top: the kernel with nf_tables, for what has to be right with both firewalls. */
export const secondKernelPackages = () => QEMU;

/** What `npm test` wants on top: a browser for the status page, promtool for the alerts, debootstrap for the image. */
export const testPackages = () => [
  { name: 'chromium', file: 'usr/bin/chromium' },
  { name: 'fonts-dejavu-core', file: 'usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' },
  { name: 'prometheus', file: 'usr/bin/promtool' },
  { name: 'debootstrap', file: 'usr/sbin/debootstrap' },
];
