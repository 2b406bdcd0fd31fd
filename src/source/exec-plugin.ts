import { execa, ExecaError } from 'execa';
import { explain } from '../model/error.ts';
import { brief, isObject, objectAt, textAt } from './json.ts';

/** A user's `exec` in a kubeconfig. */
export interface ExecSpec {
  readonly apiVersion?: string | undefined;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Who asks: by a token, by a client certificate in PEM, or by both. */
export interface Credential {
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Milliseconds since the epoch; undefined for as long as the server takes it. */
  readonly expiresAt: number | undefined;
}

const EXEC_API = 'client.authentication.k8s.io/v1';

/** What a plugin has printed (KEP-541, client.authentication.k8s.io). Throws a TypeError; no secret is in its message. */
export function parseCredential(text: string): Credential {
  const printed = parseJson(text);
  if (!isObject(printed) || printed['kind'] !== 'ExecCredential') {
    throw new TypeError('expected an ExecCredential from the exec plugin, found something else');
  }
  const status = objectAt(printed, 'status');
  const token = textAt(status, 'token') || undefined;
  const certificate = textAt(status, 'clientCertificateData') || undefined;
  const key = textAt(status, 'clientKeyData') || undefined;
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw new TypeError('expected a token, or a certificate and its key, from the exec plugin');
  }
  return { token, certificate, key, expiresAt: momentOf(status['expirationTimestamp']) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function momentOf(written: unknown): number | undefined {
  if (written === undefined || written === null) return undefined;
  const moment = typeof written === 'string' ? Date.parse(written) : Number.NaN;
  if (!Number.isNaN(moment)) return moment;
  throw new TypeError(`expected expirationTimestamp from the exec plugin to be a time, found ${brief(written)}`);
}

/**
 * What a plugin of the operator says who we are. It runs as a process of its own, once for all requests that wait for it,
 * and is asked again when its answer has expired or was refused. @kubernetes/client-node would run it for each request,
 * wait for it without an end, and not tell it which API it is asked by.
 */
export class ExecPlugin {
  readonly #spec: ExecSpec;
  readonly #limitMs: number;
  readonly #now: () => number;
  #running: Promise<Credential> | undefined;
  #known: Credential | undefined;

  constructor(spec: ExecSpec, limitMs: number, now: () => number = Date.now) {
    this.#spec = spec;
    this.#limitMs = limitMs;
    this.#now = now;
  }

  async credential(): Promise<Credential> {
    const { expiresAt = Infinity } = this.#known ?? { expiresAt: 0 };
    if (this.#known && expiresAt > this.#now()) return this.#known;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    this.#known = await this.#running;
    return this.#known;
  }

  /** The server does not take it. */
  forget(): void {
    this.#known = undefined;
  }

  async #run(): Promise<Credential> {
    const { args, command, env, apiVersion = EXEC_API } = this.#spec;
    const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
    const running = execa(command, args, {
      env: { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdin: 'ignore',
      maxBuffer: 1_000_000,
      // A group of its own: what a script waits for is ended with it, and holds no pipe open.
      detached: true,
    });
    const ended = within(this.#limitMs, running, () => endGroup(running.pid));
    const { stdout } = await ended.catch((error: unknown) => {
      throw new Error(`the exec plugin ${command} has failed: ${reasonOf(error)}`);
    });
    return parseCredential(stdout);
  }
}

/** Rejects after a time, whatever becomes of the work, which `onLate` should end. */
async function within<T>(ms: number, work: Promise<T>, onLate: () => void): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    onLate();
    reject(new Error(`no answer within ${ms} ms`));
  }, ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Only what it says on stderr: what it prints is a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ExecaError)) return explain(error);
  const said = String(error.stderr).trim().split('\n').at(-1)?.slice(0, 200);
  return said || error.originalMessage || `exit code ${error.exitCode}`;
}
