import { type Answer, NETLINK_NETFILTER, NetlinkSocket, refusals, type Request } from '../netlink/socket.ts';
import { ensurePart, NOTHING_TO_DO, type PartReport } from '../part.ts';
import {
  COMMAND,
  decodeMembers,
  encodeCreate,
  encodeMember,
  encodeName,
  familyOfMember,
  ipsetHeader,
  type SetIdentity,
} from './codec.ts';
import { formatServedChange, planNarrow, planWiden, type Served, type ServedChange } from './plan.ts';

const NLM_F_CREATE = 0x400;

/**
 * A set of the kernel's ipset that tells the filter something. What is wanted may hold members of the other family:
 * they are none of this set's. Without NLM_F_EXCL, adding and creating what is there succeeds.
 */
export class Ipset {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  readonly #identity: SetIdentity;
  /** The members by the last reading and what was changed since; undefined where that cannot be told. */
  #known: Set<string> | undefined;
  /** Whether this was just read for the first time: not only what changed may differ. */
  #fresh = false;

  constructor(identity: SetIdentity) {
    this.#identity = identity;
  }

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
    return this.#do(planWiden(wanted, known, this.#inFamily(keys)));
  }

  /** Reads the set, and makes it hold what is wanted. Rejects with `netlink-failed`. */
  audit(wanted: Served): Promise<PartReport> {
    return ensurePart({
      plan: () => {
        const known = this.#adopt();
        return [...planNarrow(wanted, known, known), ...planWiden(wanted, known, this.#inFamily(wanted.keys()))];
      },
      apply: (changes) => this.#apply(changes),
      format: formatServedChange,
    });
  }

  /** Deletes the set with all of its members. The kernel refuses it while a rule uses the set. */
  remove(): Promise<PartReport> {
    const { name } = this.#identity;
    const format = (): string => `delete the set ${name}`;
    return ensurePart({
      plan: () => (this.#ask('header').error === undefined ? [name] : []),
      apply: (names) => refusals(names, [this.#ask('destroy')], format),
      format,
    });
  }

  /** Makes the set if there is none, and reads it. A refusal shows in the reading. */
  #adopt(): Set<string> {
    const { family } = this.#identity;
    const attributes = encodeCreate.bind(undefined, this.#identity);
    this.#socket.change([{ type: COMMAND.create, flags: NLM_F_CREATE, fixed: ipsetHeader(family), attributes }]);
    this.#known = this.#read();
    return this.#known;
  }

  #read(): Set<string> {
    const messages = this.#socket.dump(this.#named('list'));
    return new Set(messages.flatMap(({ payload }) => decodeMembers(this.#identity, payload)));
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
        fixed: ipsetHeader(this.#identity.family),
        attributes: (writer) => encodeMember(this.#identity, key, writer),
      })),
    );
    const refused = refusals(changes, answers, formatServedChange);
    this.#known = refused.length > 0 ? undefined : this.#known;
    for (const { kind, key } of changes) this.#known?.[kind](key);
    return refused;
  }

  #inFamily(keys: Iterable<string>): string[] {
    return [...keys].filter((key) => familyOfMember(key) === this.#identity.family);
  }

  /** A command that is about the set as a whole. */
  #ask(command: 'header' | 'destroy'): Answer {
    return this.#socket.change([this.#named(command)])[0] ?? { error: undefined, explanation: undefined };
  }

  #named(command: keyof typeof COMMAND): Request {
    const { family, name } = this.#identity;
    return {
      type: COMMAND[command],
      fixed: ipsetHeader(family),
      attributes: (writer) => encodeName(name, writer),
    };
  }
}
