/** What the benchmark asks of a client, a line of JSON each; each gets a line of JSON for an answer. */
export type Order =
  /** Begin to follow the cluster; answered once everything is known. */
  | { readonly op: 'sync' }
  /** Answered at the next change of the Service of this key. */
  | { readonly op: 'await'; readonly service: string }
  /** What has changed since the last time this was asked. */
  | { readonly op: 'changes' }
  | { readonly op: 'memory' };

/** The processor time and the memory of the process, since it began. */
export interface Usage {
  readonly cpuMs: number;
  /** Resident, now and at the most, in bytes. */
  readonly rss: number;
  readonly peakRss: number;
  readonly heapUsed: number;
}

/** How the first reading of everything went. */
export interface Synced {
  /** Before it began, with every library loaded. */
  readonly before: Usage;
  readonly after: Usage;
  readonly ms: number;
  /** The longest time in it in which the process did nothing else. */
  readonly stallMs: number;
}

/** A change of a Service that the client has come to know, and when. */
export type Seen = readonly [service: string, at: number];

export interface Answers {
  readonly sync: Synced;
  readonly await: { readonly at: number; readonly usage: Usage };
  readonly changes: readonly Seen[];
  readonly memory: Usage;
}
