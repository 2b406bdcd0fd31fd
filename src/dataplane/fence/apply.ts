import { explain } from '../../model/error.ts';
import type { FirewallKind } from '../firewall/firewall.ts';
import { removeFences } from '../firewall/remove.ts';
import { attempt, joined, type PartReport } from '../part.ts';
import { BgpConnections, type Left } from './connections.ts';
import { formatEnd } from './plan.ts';
import { provoke, resetPeer } from './provoke.ts';
import { openRules, type Rules } from './rules.ts';
import type { Sessions } from './want.ts';

/**
 * Cuts the BGP sessions of a gobgpd that does not do as it is told, so that the switch drops the paths it has from there.
 * One call at a time.
 */
export class Fence {
  readonly #connections = new BgpConnections();
  readonly #rules: Rules | undefined;

  /**
   * Throws `kernel-refused`.
   * @param firewall where the rules go that keep sessions from coming back; undefined for none, so that sessions have to
   *   be cut again and again
   */
  constructor(firewall: FirewallKind | undefined) {
    this.#rules = firewall && openRules(firewall);
  }

  /** Leaves a fence that is raised as it is. */
  close(): void {
    this.#connections.close();
    this.#rules?.close();
  }

  /** Whether a session may stand: also where the kernel does not tell. */
  isOpen(sessions: Sessions): boolean {
    try {
      return this.#connections.find(sessions).length > 0;
    } catch {
      return true;
    }
  }

  /**
   * Ends every connection of the sessions, and keeps them down by the rules of the fence until `lift`. To be called again
   * and again while gobgpd is not to be trusted, which costs some reads where nothing has changed. Never rejects.
   *
   * Where the kernel cannot end a connection, the peer is made to say what it expects next, and is reset by that; behind
   * rules, these do it. One that stays open all the same, since it has a password, leads nowhere behind rules, and is no
   * problem there.
   */
  async raise(sessions: Sessions): Promise<PartReport> {
    const first = await this.#cutFirst(sessions);
    if (this.#rules === undefined) return first;
    const barred = await this.#rules.ensure(sessions);
    const rest = this.#cutRest(sessions);
    const changes = new Set([first, barred, rest].flatMap((report) => report.changes));
    const problems = barred.problems.length > 0 ? [...barred.problems, ...first.problems] : rest.problems;
    return { changes: [...changes], problems };
  }

  /** Lets sessions come up again, whoever raised the fence. Without one, no process is started. Never rejects. */
  lift(): Promise<PartReport> {
    return attempt(removeFences);
  }

  /** Before rules stand, which takes a process. */
  async #cutFirst(sessions: Sessions): Promise<PartReport> {
    const { changes, left, problems } = this.#cut(sessions);
    if (left.length === 0) return { changes, problems };
    const resets = await Promise.all(left.map(resetReport));
    return resets.reduce(joined, { changes, problems: [] });
  }

  /** Once rules stand: what has been opened since, and what the kernel cannot end. */
  #cutRest(sessions: Sessions): PartReport {
    const { changes, left } = this.#cut(sessions);
    return left.map(provokedReport).reduce(joined, { changes, problems: [] });
  }

  #cut(sessions: Sessions): Cut {
    try {
      const found = this.#connections.find(sessions);
      const left = this.#connections.end(found);
      const open = new Set(left.map(({ connection }) => connection));
      return {
        changes: found.filter((connection) => !open.has(connection)).map(formatEnd),
        problems: left.map(({ connection, reason }) => `${formatEnd(connection)}: ${reason}`),
        left,
      };
    } catch (error) {
      return { changes: [], problems: [explain(error)], left: [] };
    }
  }
}

interface Cut extends PartReport {
  readonly left: readonly Left[];
}

async function resetReport({ connection, reason }: Left): Promise<PartReport> {
  const end = formatEnd(connection);
  try {
    const isReset = await resetPeer(connection);
    return isReset ? { changes: [end], problems: [] } : { changes: [], problems: [`${end}: ${reason}, and no answer`] };
  } catch (error) {
    return { changes: [], problems: [`${end}: ${reason}, ${explain(error)}`] };
  }
}

/** What cannot be provoked is reset with its next packet. */
function provokedReport({ connection, reason }: Left): PartReport {
  const end = formatEnd(connection);
  try {
    provoke(connection);
    return { changes: [end], problems: [] };
  } catch (error) {
    return { changes: [], problems: [`${end}: ${reason}, ${explain(error)}`] };
  }
}
