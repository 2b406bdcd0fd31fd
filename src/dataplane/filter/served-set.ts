import { NETLINK_NETFILTER, NetlinkSocket, refusals } from '../netlink/socket.ts';
import { ensurePart, type PartReport } from '../part.ts';
import { COMMAND, decodeMembers, encodeCreate, encodeMember, encodeName, IPSET_HEADER } from './codec.ts';
import { formatServedChange, planNarrow, planWiden, type Served, type ServedChange } from './plan.ts';
import { SERVED_SET } from './want.ts';

const NLM_F_CREATE = 0x400;

/** The ipset that tells the filter what is served. Without NLM_F_EXCL, adding and creating what is there succeeds. */
export class ServedSet {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);

  close(): void {
    this.#socket.close();
  }

  /** Takes out what is no longer served, and makes the set if there is none. Rejects with `netlink-failed`. */
  narrow(wanted: Served): Promise<PartReport> {
    this.#create();
    return this.#ensure(() => planNarrow(wanted, this.read()));
  }

  /** Puts in what is served by now. Rejects with `netlink-failed`. */
  widen(wanted: Served): Promise<PartReport> {
    return this.#ensure(() => planWiden(wanted, this.read()));
  }

  read(): Served {
    const messages = this.#socket.dump({
      type: COMMAND.list,
      fixed: IPSET_HEADER,
      attributes: (writer) => encodeName(SERVED_SET, writer),
    });
    return new Set(messages.flatMap(({ payload }) => decodeMembers(payload)));
  }

  /** A refusal shows in the reading that follows. */
  #create(): void {
    const attributes = encodeCreate.bind(undefined, SERVED_SET);
    this.#socket.change([{ type: COMMAND.create, flags: NLM_F_CREATE, fixed: IPSET_HEADER, attributes }]);
  }

  #ensure(plan: () => ServedChange[]): Promise<PartReport> {
    return ensurePart({ plan, apply: (changes) => this.#apply(changes), format: formatServedChange });
  }

  #apply(changes: readonly ServedChange[]): string[] {
    const answers = this.#socket.change(
      changes.map(({ kind, key }) => ({
        type: COMMAND[kind],
        fixed: IPSET_HEADER,
        attributes: (writer) => encodeMember(SERVED_SET, key, writer),
      })),
    );
    return refusals(changes, answers, formatServedChange);
  }
}
