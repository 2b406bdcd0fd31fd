import { Client, type ChannelOptions, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { FairleadError } from '../model/error.ts';
import { patience } from './patience.ts';

/** One remote call as a generated service definition describes it. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** A call that gobgpd did not answer with success. */
export class CallError extends FairleadError {
  /**
   * `lost`: there is no connection, or none any more; `silent`: gobgpd has the call and has not answered it in time;
   * `unimplemented`: gobgpd does not know the call; `refused`: gobgpd said no.
   */
  readonly outcome: 'lost' | 'silent' | 'unimplemented' | 'refused';

  /** @param api the API that was spoken, for the hint where gobgpd does not know it */
  constructor(call: string, cause: Pick<ServiceError, 'code' | 'details'>, api: string) {
    // grpc-js adds a note on name resolution, which a local target has none of.
    const details = cause.details.replace(/\s*Resolution note:.*$/s, '');
    const found = `${status[cause.code]}${details === '' ? '' : ` (${details})`}`;
    const outcome = OUTCOMES.get(cause.code) ?? 'refused';
    const hint = `this gobgpd does not serve GoBGP's ${api} API: run a version of it that does`;
    super('gobgpd-failed', `${call}: expected OK of gobgpd, got ${found}`, outcome === 'unimplemented' ? { hint } : {});
    this.outcome = outcome;
  }

  /** Whether no answer came, so that the call may still take effect. */
  get unanswered(): boolean {
    return this.outcome === 'lost' || this.outcome === 'silent';
  }
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

interface Cancellable {
  cancel(): void;
}

/** A gRPC connection whose calls all end: by an answer, by their deadline, or by `close`. */
export class GrpcConnection {
  readonly #client: Client;
  readonly #api: string;
  readonly #underWay = new Set<Cancellable>();

  /**
   * @param target `unix:///path` or `127.0.0.1:port`; nothing is sent before the first call
   * @param api the version of the API that the methods belong to, as in `v3`
   */
  constructor(target: string, api: string) {
    this.#api = api;
    this.#client = new Client(target, credentials.createInsecure(), CHANNEL);
  }

  /** One answer, within `deadlineMs` in which this process ran. @throws CallError */
  call<Request, Response>(method: Method<Request, Response>, request: Request, deadlineMs: number): Promise<Response> {
    return this.#within(deadlineMs, method, ({ reject, resolve }) =>
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        (error, response) => {
          if (error !== null || response === undefined) reject(this.#error(method, error ?? NO_ANSWER));
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
    const over = (error: CallError | undefined) => onEnd(error ?? this.#error(method, NO_ANSWER));
    this.#underWay.add(this.#stream(method, request, onAnswer, over));
  }

  close(): void {
    for (const call of this.#underWay) call.cancel();
    this.#client.close();
  }

  #error({ path }: { readonly path: string }, cause: Pick<ServiceError, 'code' | 'details'>): CallError {
    return new CallError(path.slice(path.lastIndexOf('/') + 1), cause, this.#api);
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
      settle.reject(this.#error(method, { code: status.DEADLINE_EXCEEDED, details }));
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
    const { path, requestSerialize, responseDeserialize } = method;
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    // grpc-js tells of a failed stream twice: by `error` and by `end`.
    let over = false;
    const once = (error: CallError | undefined): void => {
      if (over) return;
      over = true;
      this.#underWay.delete(call);
      onOver(error);
    };
    call.on('data', onAnswer);
    call.on('error', (error: ServiceError) => once(this.#error(method, error)));
    call.on('end', () => once(undefined));
    return call;
  }
}

const NO_ANSWER = { code: status.UNAVAILABLE, details: 'the stream ended' };
