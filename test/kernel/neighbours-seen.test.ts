import { expect, test } from 'vitest';
import { driveInOwnNetns } from './own-netns.ts';

test('kube-proxy is seen in each of its modes by the rules it writes, once they have an address of ours', () => {
  const seen = driveInOwnNetns(new URL('neighbours-driver.ts', import.meta.url));
  const map = 'kube-proxy (nftables): the map service-ips of the nftables table kube-proxy has';
  expect(seen).toStrictEqual({
    'tables loaded by looking': '',
    nothing: [],
    'iptables-legacy: other addresses': [],
    'iptables-legacy: ours': ['kube-proxy (iptables): the chain KUBE-SERVICES of iptables has 10.99.66.10'],
    'iptables-legacy: emptied': [],
    'ip6tables-legacy: ours': ['kube-proxy (iptables): the chain KUBE-SERVICES of iptables has fd99:66::a'],
    'ip6tables-legacy: emptied': [],
    'iptables-nft: other addresses': [],
    'iptables-nft: ours': ['kube-proxy (iptables): the chain KUBE-SERVICES of iptables-nft has 10.99.67.0'],
    'iptables-nft: emptied': [],
    'nftables: empty table': [],
    'nftables: other addresses': [],
    'nftables: ours': [`${map} 10.99.66.10`],
    'nftables: gone': [],
    'nftables: ours, IPv6': [`${map} fd99:66::a`],
    'kube-proxy in ipvs mode': [`${map} fd99:66::a`, 'kube-proxy (ipvs): the interface kube-ipvs0'],
  });
});
