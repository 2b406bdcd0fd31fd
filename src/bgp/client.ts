import { Client, type ChannelOptions, connectivityState, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { FairleadError } from '../model/error.ts';
import { connectHint, connectWords, isNobodyThere } from './hints.ts';
import { patience } from './patience.ts';
import { type TlsFiles, tlsCredentials } from './tls.ts';

/** One remote call as a generated service definition describes it. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** A call that gobgpd did not answer with success. */
export class CallError extends FairleadError {
  /**
   * `absent`: nobody listens there; `lost`: there is no connection, or none any more; `silent`: gobgpd has the call and has not answered it in time;
   * `unimplemented`: gobgpd does not know the call; `refused`: gobgpd said no; `garbled`: there was an answer, and it makes
   * no sense.
   */
  readonly outcome: 'absent' | 'lost' | 'silent' | 'unimplemented' | 'refused' | 'garbled';

  /** @param call what was asked for, with what came of it */
  constructor(
    outcome: CallError['outcome'],
    call: string,
    { hint, cause }: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super('gobgpd-failed', call, { ...(hint !== undefined && { hint }), cause });
    this.outcome = outcome;
  }

  /** Whether no answer came, so that the call may still take effect. */
  get unanswered(): boolean {
    return this.outcome === 'absent' || this.outcome === 'lost' || this.outcome === 'silent';
  }
}

/** Of a call, `AddPath` say. */
const nameOf = ({ path }: { readonly path: string }): string => path.slice(path.lastIndexOf('/') + 1);

function failed(method: { readonly path: string }, cause: Pick<ServiceError, 'code' | 'details'>): CallError {
  const words = connectWords(cause.details);
  const outcome = outcomeOf(cause.code, words);
  const found = `${status[cause.code]}${words === '' ? '' : ` (${words})`}`;
  const hint = cause.code === status.UNAVAILABLE ? connectHint(words) : HINTS[outcome];
  return new CallError(outcome, `${nameOf(method)}: expected OK of gobgpd, got ${found}`, { hint });
}

/** grpc-js cancels a call whose answer cannot be read, and says no more than that it was cancelled: we have been told before. */
const decoder =
  <Response>(method: Method<never, Response>, onGarbled: (error: CallError) => void) =>
  (bytes: Buffer): Response => {
    try {
      return method.responseDeserialize(bytes);
    } catch (cause) {
      const expected = `${nameOf(method)}: expected a message of GoBGP's, got ${bytes.length} bytes that are none`;
      const error = new CallError('garbled', expected, { cause });
      onGarbled(error);
      throw error;
    }
  };

const HINTS: { readonly [outcome in CallError['outcome']]?: string } = {
  unimplemented: 'this gobgpd does not serve the call: run a version of it that does',
};

function outcomeOf(code: status, words: string): CallError['outcome'] {
  const outcome = OUTCOMES.get(code) ?? 'refused';
  return outcome === 'lost' && isNobodyThere(words) ? 'absent' : outcome;
}

const OUTCOMES: ReadonlyMap<status, CallError['outcome']> = new Map([
  [status.UNAVAILABLE, 'lost'],
  [status.DEADLINE_EXCEEDED, 'silent'],
  [status.CANCELLED, 'lost'],
  [status.UNIMPLEMENTED, 'unimplemented'],
]);

// No keepalive: the server of gobgpd answers pings more often than every 5 minutes with GOAWAY and ends the stream. A proxy
// named in the environment and a backoff shared with other clients of this process are of no use on a local socket.
// Where gobgpd is gone, a try costs a system call or two, and each one that comes too late keeps the prefixes off the switch.
const CHANNEL: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 100,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
};

/** Where gobgpd's API is. */
export interface Endpoint {
  /** `unix:///path` or `address:port`. */
  readonly target: string;
  /** Undefined for no TLS. */
  readonly tls?: TlsFiles | undefined;
}

interface Cancellable {
  cancel(): void;
}

/** A gRPC connection whose calls all end: by an answer, by their deadline, or by `close`. */
export class GrpcConnection {
  readonly #client: Client;
  readonly #underWay = new Set<Cancellable>();

  /**
   * Nothing is sent before the first call.
   * @param onOver called once when there is a connection no longer, or none could be made. Calls may go on: they try again,
   * with the certificates of before.
   * @throws FairleadError `gobgpd-failed` for TLS files that are none
   */
  constructor({ target, tls }: Endpoint, onOver: () => void = () => undefined) {
    const name = tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName };
    const credentialsOf = tls === undefined ? credentials.createInsecure() : tlsCredentials(tls);
    this.#client = new Client(target, credentialsOf, { ...CHANNEL, ...name });
    this.#follow(connectivityState.IDLE, onOver);
  }

  /** One answer, within `deadlineMs` in which this process ran. @throws CallError */
  call<Request, Response>(method: Method<Request, Response>, request: Request, deadlineMs: number): Promise<Response> {
    return this.#within(deadlineMs, method, ({ reject, resolve }) =>
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        decoder(method, reject),
        request,
        (error, response) => {
          if (error !== null || response === undefined) reject(failed(method, error ?? NO_ANSWER));
          else resolve(response);
        },
      ),
    );
  }

  /** All answers of a call that streams them, within `deadlineMs` for the whole. @throws CallError */
  list<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadlineMs: number,
  ): Promise<Response[]> {
    const answers: Response[] = [];
    return this.#within(deadlineMs, method, ({ reject, resolve }) =>
      this.#stream(
        method,
        request,
        (answer) => answers.push(answer),
        (error) => (error === undefined ? resolve(answers) : reject(error)),
      ),
    );
  }

  /** A stream without an end of its own. `onEnd` is called once, whatever ends it. */
  watch<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    onAnswer: (answer: Response) => void,
    onEnd: (error: CallError) => void,
  ): void {
    const over = (error: CallError | undefined) => onEnd(error ?? failed(method, NO_ANSWER));
    this.#underWay.add(this.#stream(method, request, onAnswer, over));
  }

  close(): void {
    for (const call of this.#underWay) call.cancel();
    this.#client.close();
  }

  #follow(before: connectivityState, onOver: () => void): void {
    const channel = this.#client.getChannel();
    channel.watchConnectivityState(before, Number.POSITIVE_INFINITY, () => {
      const now = channel.getConnectivityState(false);
      if (now === connectivityState.CONNECTING || now === connectivityState.READY) this.#follow(now, onOver);
      else onOver();
    });
  }

  async #within<T>(
    deadlineMs: number,
    method: { readonly path: string },
    begin: (settle: PromiseWithResolvers<T>) => Cancellable,
  ): Promise<T> {
    const settle = Promise.withResolvers<T>();
    const call = begin(settle);
    this.#underWay.add(call);
    const stopWaiting = patience(deadlineMs, () => {
      const details = `no answer in ${deadlineMs} ms`;
      settle.reject(failed(method, { code: status.DEADLINE_EXCEEDED, details }));
      call.cancel();
    });
    try {
      return await settle.promise;
    } finally {
      stopWaiting();
      this.#underWay.delete(call);
    }
  }

  #stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    onAnswer: (answer: Response) => void,
    onOver: (error: CallError | undefined) => void,
  ): Cancellable {
    // grpc-js tells of a failed stream twice: by `error` and by `end`.
    let over = false;
    const once = (error: CallError | undefined): void => {
      if (over) return;
      over = true;
      this.#underWay.delete(call);
      onOver(error);
    };
    const { path, requestSerialize } = method;
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, decoder(method, once), request);
    call.on('data', onAnswer);
    call.on('error', (error: ServiceError) => once(failed(method, error)));
    call.on('end', () => once(undefined));
    return call;
  }
}

const NO_ANSWER = { code: status.UNAVAILABLE, details: 'the stream ended' };
