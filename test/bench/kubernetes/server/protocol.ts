import type { Sent } from './server.ts';

/** What the benchmark asks of the API server, a line of JSON each; each gets a line of JSON for an answer. */
export type Order =
  | { readonly op: 'prepare'; readonly changes: number }
  /** 0 for as fast as it is read. */
  | { readonly op: 'send'; readonly perSecond: number };

export type Answer<O extends Order> = O extends { op: 'send' } ? readonly Sent[] : null;
