import { explain } from '../../model/error.ts';
import { runCommand } from '../command.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../netlink/socket.ts';
import { ensurePart, NOTHING_TO_DO, type PartReport } from '../part.ts';

/** A table of nf_tables that is ours alone. */
export interface NftTable {
  readonly family: 'ip' | 'ip6' | 'inet';
  readonly name: string;
  /** Its chains and sets, in nft's language. */
  readonly body: string;
}

/** include/uapi/linux/netfilter/nfnetlink.h and nf_tables.h */
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETGEN = 16;
const NFGENMSG = Uint8Array.of(0, 0, 0, 0);
const GENERATION = { type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, fixed: NFGENMSG };

/**
 * Whether nf_tables can do what we need here. Only trying tells: a kernel may have nf_tables and no table families,
 * or all of it and no `nft` command. Nothing stays in the kernel of what is only checked.
 */
export async function hasNftables(): Promise<boolean> {
  try {
    await runCommand(['nft', '--check', '--file', '-'], replacement(TRIAL));
    return true;
  } catch {
    return false;
  }
}

const TRIAL: NftTable = {
  family: 'ip',
  name: 'fairlead-trial',
  body: '\nchain trial { type nat hook postrouting priority srcnat; }',
};

/** Our tables in the nf_tables of the current network namespace. */
export class Nftables {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  /** For each table, how it read when it was loaded, and the generation of the whole ruleset at the last look at it. */
  readonly #known = new Map<string, { readonly generation: Buffer; readonly listing: string }>();

  close(): void {
    this.#socket.close();
  }

  /**
   * Every load replaces the whole table in one step, which neither old nor new connections notice. nft prints a
   * ruleset in its own words, so what counts as equal is how the table read right after it was loaded. Without a
   * change of the ruleset since the last time, not a single process is started.
   */
  async ensure(table: NftTable): Promise<PartReport> {
    const name = `${table.family} ${table.name}`;
    const generation = this.#generation();
    const known = this.#known.get(name);
    if (known?.generation.equals(generation)) return NOTHING_TO_DO;
    let expected = known?.listing;
    let loaded: string | undefined;
    const report = await ensurePart({
      plan: async () => {
        const listing = loaded ?? (await list(table));
        return expected !== undefined && listing === expected ? [] : [`load table ${name}`];
      },
      apply: async () => {
        const refused = await load(table);
        loaded = refused.length === 0 ? await list(table) : undefined;
        expected = loaded;
        return refused;
      },
      format: (line) => line,
    });
    if (expected !== undefined) this.#known.set(name, { generation, listing: expected });
    return report;
  }

  #generation(): Buffer {
    return this.#socket.get(GENERATION).payload;
  }
}

/** A table that does not exist reads as undefined, which equals nothing. */
async function list({ family, name }: NftTable): Promise<string | undefined> {
  try {
    return await runCommand(['nft', '--stateless', 'list', 'table', family, name]);
  } catch {
    return undefined;
  }
}

async function load(table: NftTable): Promise<string[]> {
  try {
    await runCommand(['nft', '--file', '-'], replacement(table));
    return [];
  } catch (error) {
    return [explain(error)];
  }
}

/** The first line makes the table if there is none, so that the second can always delete it. */
function replacement({ family, name, body }: NftTable): string {
  const table = `table ${family} ${name}`;
  return `${table}\ndelete ${table}\n${table} {${body}\n}\n`;
}
