import { explain, isLack } from '../../model/error.ts';
import { runCommand } from '../command.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../netlink/socket.ts';
import { ensurePart, NOTHING_TO_DO, type PartReport } from '../part.ts';
import { parseNftTables } from './parse.ts';
import { type NftTable, nftTableName } from './want.ts';

/** include/uapi/linux/netfilter/nfnetlink.h and nf_tables.h */
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETTABLE = 1;
const NFT_MSG_GETGEN = 16;
const NFGENMSG = Uint8Array.of(0, 0, 0, 0);
const TABLES = { type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE, fixed: NFGENMSG };
const GENERATION = { type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, fixed: NFGENMSG };

/**
 * Why nf_tables cannot do what we need here, or undefined where it can. Only trying tells: a kernel may have nf_tables
 * and no NAT in it, or all of it and no `nft` command. Nothing stays in the kernel of what is only checked.
 */
export async function nftablesRefusal(tables: readonly NftTable[]): Promise<string | undefined> {
  try {
    await runCommand(['nft', '--check', '--file', '-'], tables.map(replacement).join(''));
    return undefined;
  } catch (error) {
    return explain(error);
  }
}

/** Our tables in the nf_tables of the current network namespace. */
export class Nftables {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  /** For each table, what was loaded, how it read then, and the generation of the whole ruleset at the last look at it. */
  readonly #known = new Map<string, { readonly body: string; readonly generation: Buffer; readonly listing: string }>();

  close(): void {
    this.#socket.close();
  }

  /**
   * Every load replaces the whole table in one step, which neither old nor new connections notice. nft prints a
   * ruleset in its own words, so what counts as equal is how the table read right after it was loaded. Without a
   * change of the ruleset since the last time, not a single process is started.
   */
  async ensure(table: NftTable): Promise<PartReport> {
    const name = nftTableName(table);
    const { body } = table;
    const generation = this.#generation();
    const known = this.#known.get(name);
    if (known?.body === body && known.generation.equals(generation)) return NOTHING_TO_DO;
    let expected = known?.body === body ? known.listing : undefined;
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
    if (expected !== undefined) this.#known.set(name, { body, generation, listing: expected });
    return report;
  }

  /**
   * Deletes our tables of these names where they exist, all in one step. Where none does no process is started: a node
   * that is served by iptables may well be without `nft`.
   */
  remove(names: ReadonlySet<string>): Promise<PartReport> {
    return ensurePart({
      plan: () => this.#tables().filter((name) => names.has(name)),
      apply: (present) => run(present.map((name) => `delete table ${name}\n`).join('')),
      format: (name) => `delete table ${name}`,
    });
  }

  #tables(): string[] {
    return parseNftTables(this.#socket.dump(TABLES).map(({ payload }) => payload));
  }

  #generation(): Buffer {
    return this.#socket.get(GENERATION).payload;
  }
}

/** A table that does not exist reads as undefined, which equals nothing. */
async function list({ family, name }: NftTable): Promise<string | undefined> {
  try {
    return await runCommand(['nft', '--stateless', 'list', 'table', family, name]);
  } catch (error) {
    if (isLack(error)) throw error;
    return undefined;
  }
}

const load = (table: NftTable): Promise<string[]> => run(replacement(table));

async function run(commands: string): Promise<string[]> {
  try {
    await runCommand(['nft', '--file', '-'], commands);
    return [];
  } catch (error) {
    if (isLack(error)) throw error;
    return [explain(error)];
  }
}

/** The first line makes the table if there is none, so that the second can always delete it. */
function replacement(table: NftTable): string {
  const name = `table ${nftTableName(table)}`;
  return `${name}\ndelete ${name}\n${name} {${table.body}\n}\n`;
}
