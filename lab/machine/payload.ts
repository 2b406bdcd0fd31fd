import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transformSync } from 'rolldown/utils';
import type { Kind } from './kind.ts';
import { CACHE, CHECKOUT, findFile, LAB_ROOT, libraryPath } from './place.ts';

const GUEST = join(CHECKOUT, 'lab/guest');

/** Loaded before the guest process starts: namespaces of nodes load no modules by themselves in every kernel. */
const MODULES = `veth dummy bridge sch_netem vrf ipv6 ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh ip_vs_mh ip_vs_lc ip_vs_wlc
  nf_conntrack nf_conntrack_netlink iptable_nat iptable_filter iptable_mangle ip6table_nat ip6table_filter ip6table_mangle
  ipt_REJECT ip6t_REJECT nf_reject_ipv4 nf_reject_ipv6
  xt_ipvs xt_MASQUERADE xt_comment xt_tcpudp xt_TCPMSS xt_conntrack xt_mark xt_addrtype xt_set
  ip_set ip_set_hash_ip ip_set_hash_net ip_set_hash_ipport ip_set_hash_netport
  nf_tables nft_chain_nat nft_compat nft_masq nft_reject_inet nft_ct`;
/** The UML kernel's nf_tables can neither do NAT nor hold an inet table; it is better not there at all. */
const withoutNft = (modules: readonly string[]): string[] => modules.filter((name) => !/^(nft_|nf_tables)/.test(name));

interface Payload {
  readonly kind: Kind;
  /** Where the guest finds its end of the channel. */
  readonly channel: string;
  /** The folder with the gobgpd and gobgp to run; without, the ones of the root. */
  readonly gobgpds: string | undefined;
}

/**
 * Puts what a machine reads at its start into one folder, and returns the folder: the settings for lab/guest/init.sh
 * and the guest process, with its types already taken away, which saves a second in a slow kernel.
 */
export async function preparePayload(payload: Payload): Promise<string> {
  const files = { 'settings.sh': settings(payload), ...(await guestModules()) };
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const folder = join(CACHE, 'lab', hash);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(draft, name), text);
  // Whoever comes second finds the same files there.
  await rename(draft, folder).catch(() => undefined);
  return folder;
}

function settings({ channel, gobgpds = '', kind }: Payload): string {
  const modules = MODULES.split(/\s+/);
  const values = {
    LAB_KIND: kind,
    LAB_CHECKOUT: CHECKOUT,
    LAB_ROOT,
    LAB_NODE: process.execPath,
    LAB_GOBGPDS: gobgpds,
    LAB_CHANNEL: channel,
    LAB_KMOD: findFile('usr/bin/kmod'),
    LAB_LIBRARIES: libraryPath(),
    LAB_MODULES: (kind === 'uml' ? withoutNft(modules) : modules).join(' '),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

async function guestModules(): Promise<Record<string, string>> {
  const names = (await readdir(GUEST)).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(names.map((name) => readFile(join(GUEST, name), 'utf8')));
  return Object.fromEntries(
    names.map((name, index) => [asModule(name), asModule(transformSync(name, texts[index] ?? '').code)]),
  );
}

/** A file name, or the imports in a text, of .ts files as .mjs files. */
const asModule = (text: string): string => text.replaceAll(/\.ts(?=['"]|$)/g, '.mjs');
