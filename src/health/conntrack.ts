import { readFileSync } from 'node:fs';
import { explain } from '../model/error.ts';
import type { Finding } from './check.ts';
import { dropsIn, type Headroom, judgeHeadroom } from './headroom.ts';

/** Looks at the conntrack table of the current network namespace. */
export class ConntrackHeadroom {
  readonly #root: string;
  #last: Headroom | undefined;

  constructor(root = '/proc') {
    this.#root = root;
  }

  /** @returns undefined where the kernel tracks no connections */
  look(): Finding | undefined {
    try {
      const use = { count: this.#number('count'), max: this.#number('max'), drops: this.#drops() };
      const { ok, detail, ...headroom } = judgeHeadroom(use, this.#last);
      this.#last = headroom;
      return { ok, detail };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      return { broken: explain(error) };
    }
  }

  #number(name: string): number {
    return Number(this.#read(`sys/net/netfilter/nf_conntrack_${name}`));
  }

  /** A kernel built without CONFIG_NF_CONNTRACK_PROCFS does not tell. */
  #drops(): number {
    try {
      return dropsIn(this.#read('net/stat/nf_conntrack'));
    } catch {
      return 0;
    }
  }

  #read(path: string): string {
    return readFileSync(`${this.#root}/${path}`, 'utf8');
  }
}
