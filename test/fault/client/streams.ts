import type { Lab } from '../../../lab/lab.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { lbBehind, WEB } from '../../../lab/observe/traffic.ts';

/** An established connection that broke. */
export interface Loss {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The lb node it went through. */
  readonly lb: string;
  readonly error: string;
}

type Line = [what: 'open' | 'lost', id: number, at: number, text: string];

const HOLDER = `${CHECKOUT}/test/fault/client/holder.mjs`;

/** Long-lived connections of the client to the Service `web`, and which of them broke. */
export class Streams {
  static readonly count = 12;
  readonly losses: Loss[] = [];
  /** The lb node of each connection that is open now. */
  readonly open = new Map<number, string>();

  static async start(lab: Lab): Promise<Streams> {
    const streams = new Streams();
    const argv = ['node', '--single-threaded', HOLDER, WEB, '80', String(Streams.count)];
    await lab.spawn('client', argv, { onLine: (line) => streams.#hear(line) });
    return streams;
  }

  between(from: number, to: number): Loss[] {
    return this.losses.filter(({ at }) => at >= from && at < to);
  }

  #hear(text: string): void {
    if (!text.startsWith('[')) return;
    const [what, id, at, said] = JSON.parse(text) as Line;
    if (what === 'open') {
      this.open.set(id, lbBehind(said.split(' ')[2] ?? '') ?? said);
    } else {
      this.losses.push({ at, lb: this.open.get(id) ?? '', error: said });
      this.open.delete(id);
    }
  }
}
