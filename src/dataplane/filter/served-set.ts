import { NETLINK_NETFILTER, NetlinkSocket, refusals } from '../netlink/socket.ts';
import { ensurePart, NOTHING_TO_DO, type PartReport } from '../part.ts';
import { COMMAND, decodeMembers, encodeCreate, encodeMember, encodeName, IPSET_HEADER } from './codec.ts';
import { formatServedChange, planNarrow, planWiden, type Served, type ServedChange } from './plan.ts';
import { SERVED_SET } from './want.ts';

const NLM_F_CREATE = 0x400;

/** The ipset that tells the filter what is served. Without NLM_F_EXCL, adding and creating what is there succeeds. */
export class ServedSet {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  /** The members by the last reading and what was changed since; undefined where that cannot be told. */
  #known: Set<string> | undefined;
  /** Whether this was just read for the first time: not only what changed may differ. */
  #fresh = false;

  close(): void {
    this.#socket.close();
  }

  /** Of the changed keys, takes out what is no longer served; the first time of all members. Throws `netlink-failed`. */
  narrow(wanted: Served, changed: Iterable<string>): PartReport {
    this.#fresh ||= this.#known === undefined;
    const known = this.#known ?? this.#adopt();
    return this.#do(planNarrow(wanted, known, this.#fresh ? known : changed));
  }

  /** Of the changed keys, puts in what is served by now; the first time all of it. Throws `netlink-failed`. */
  widen(wanted: Served, changed: Iterable<string>): PartReport {
    const keys = this.#fresh || this.#known === undefined ? wanted.keys() : changed;
    const known = this.#known ?? this.#adopt();
    this.#fresh = false;
    return this.#do(planWiden(wanted, known, keys));
  }

  /** Reads the set, and makes it hold what is wanted. Rejects with `netlink-failed`. */
  audit(wanted: Served): Promise<PartReport> {
    return ensurePart({
      plan: () => {
        const known = this.#adopt();
        return [...planNarrow(wanted, known, known), ...planWiden(wanted, known, wanted.keys())];
      },
      apply: (changes) => this.#apply(changes),
      format: formatServedChange,
    });
  }

  /** Makes the set if there is none, and reads it. A refusal shows in the reading. */
  #adopt(): Set<string> {
    const attributes = encodeCreate.bind(undefined, SERVED_SET);
    this.#socket.change([{ type: COMMAND.create, flags: NLM_F_CREATE, fixed: IPSET_HEADER, attributes }]);
    this.#known = this.#read();
    return this.#known;
  }

  #read(): Set<string> {
    const messages = this.#socket.dump({
      type: COMMAND.list,
      fixed: IPSET_HEADER,
      attributes: (writer) => encodeName(SERVED_SET, writer),
    });
    return new Set(messages.flatMap(({ payload }) => decodeMembers(payload)));
  }

  #do(changes: readonly ServedChange[]): PartReport {
    if (changes.length === 0) return NOTHING_TO_DO;
    return { changes: changes.map(formatServedChange), problems: this.#apply(changes) };
  }

  /** What was refused is not known any more: the next look reads all of it. */
  #apply(changes: readonly ServedChange[]): string[] {
    const answers = this.#socket.change(
      changes.map(({ kind, key }) => ({
        type: COMMAND[kind],
        fixed: IPSET_HEADER,
        attributes: (writer) => encodeMember(SERVED_SET, key, writer),
      })),
    );
    const refused = refusals(changes, answers, formatServedChange);
    this.#known = refused.length > 0 ? undefined : this.#known;
    for (const { kind, key } of changes) this.#known?.[kind](key);
    return refused;
  }
}
