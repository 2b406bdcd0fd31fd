/** What the host asks of the guest. Each request has an `id` of its own, which its answers bear too. */
export type Request =
  | {
      readonly op: 'exec';
      readonly argv: readonly string[];
      readonly input: string;
      readonly env: Environment;
      readonly timeoutMs: number;
    }
  /** Starts a long-lived process. Its output goes to the file `log`, or, where there is none, line by line to the host. */
  | {
      readonly op: 'spawn';
      readonly argv: readonly string[];
      readonly env: Environment;
      readonly log: string | undefined;
    }
  /** `process` is the id of the request that spawned it. */
  | { readonly op: 'input'; readonly process: number; readonly text: string }
  | { readonly op: 'signal'; readonly process: number; readonly signal: string }
  | { readonly op: 'read'; readonly path: string }
  | { readonly op: 'write'; readonly files: readonly FileText[] }
  /** The machine's time, in milliseconds since the epoch. */
  | { readonly op: 'clock' }
  /** Makes places for bind mounts: folders, and empty files where nothing is yet. */
  | { readonly op: 'place'; readonly folders: readonly string[]; readonly files: readonly string[] };

export type Environment = Readonly<Record<string, string>>;

export interface FileText {
  readonly path: string;
  readonly text: string;
}

/** What the guest says. `ready` comes first and once; `line` and `exit` belong to the request that spawned. */
export type Message =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly id: number; readonly line: string }
  | { readonly id: number; readonly exit: Exit }
  | { readonly ready: Ready };

export interface Ready {
  /** The kernel's release, as `uname -r`. */
  readonly kernel: string;
  readonly ipvs: boolean;
}

/** How a process ended: an exit code, or the name of the signal that killed it. */
export interface Exit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

export interface ExecResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}
