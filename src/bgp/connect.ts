import type { Address, Family, Prefix } from '../model/address.ts';
import { FairleadError } from '../model/error.ts';
import { CallError, type Endpoint, GrpcConnection } from './client.ts';
import type {
  AcceptedPath,
  ApiVersion,
  Global,
  GobgpApi,
  HeldPath,
  HeldPeer,
  LocalPath,
  Neighbor,
  Policies,
} from './gobgp.ts';
import { gobgpV3 } from './v3/api.ts';
import { gobgpV4 } from './v4/api.ts';

/**
 * The API of the gobgpd behind `endpoint`, which need not be there yet. Which version of it gobgpd speaks is asked at the
 * first call, and again behind every lost connection: another image may have taken its place.
 */
export const connectGobgp = (endpoint: Endpoint): GobgpApi => new Gobgp(endpoint);

/** A connection, with what has been found behind it so far. */
interface Line {
  readonly connection: GrpcConnection;
  /** Undefined until somebody asks, and again where there was no answer to that. */
  found: Promise<GobgpApi> | undefined;
  version: ApiVersion | undefined;
}

class Gobgp implements GobgpApi {
  readonly #endpoint: Endpoint;
  #line: Line | undefined;
  #closed = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  get version(): ApiVersion | undefined {
    return this.#line?.version;
  }

  global(): Promise<Global | undefined> {
    return this.#ask((api) => api.global());
  }

  policies(): Promise<Policies> {
    return this.#ask((api) => api.policies());
  }

  paths(): Promise<HeldPath[]> {
    return this.#ask((api) => api.paths());
  }

  acceptedPaths(): Promise<AcceptedPath[]> {
    return this.#ask((api) => api.acceptedPaths());
  }

  peers(): Promise<HeldPeer[]> {
    return this.#ask((api) => api.peers());
  }

  advertisedTo(peer: Address, families: readonly Family[]): Promise<Prefix[]> {
    return this.#ask((api) => api.advertisedTo(peer, families));
  }

  startBgp(global: Global): Promise<void> {
    return this.#ask((api) => api.startBgp(global));
  }

  setPolicies(policies: Policies): Promise<void> {
    return this.#ask((api) => api.setPolicies(policies));
  }

  refreshPeers(): Promise<void> {
    return this.#ask((api) => api.refreshPeers());
  }

  addPath(path: LocalPath): Promise<void> {
    return this.#ask((api) => api.addPath(path));
  }

  deletePath(prefix: Prefix): Promise<void> {
    return this.#ask((api) => api.deletePath(prefix));
  }

  addPeer(peer: Neighbor): Promise<void> {
    return this.#ask((api) => api.addPeer(peer));
  }

  updatePeer(peer: Neighbor): Promise<void> {
    return this.#ask((api) => api.updatePeer(peer));
  }

  deletePeer(address: string): Promise<void> {
    return this.#ask((api) => api.deletePeer(address));
  }

  watch(onEvent: () => void, onEnd: (error: Error) => void): void {
    this.#api()
      .then((api) => api.watch(onEvent, onEnd))
      .catch(onEnd);
  }

  close(): void {
    this.#closed = true;
    this.#line?.connection.close();
    this.#line = undefined;
  }

  async #ask<T>(call: (api: GobgpApi) => Promise<T>): Promise<T> {
    return call(await this.#api());
  }

  /** Several calls at once wait for one and the same answer. */
  async #api(): Promise<GobgpApi> {
    if (this.#closed) throw new CallError('lost', 'the connection to gobgpd was closed');
    const line = this.#open();
    line.found ??= detect(line.connection);
    try {
      const api = await line.found;
      line.version = api.version;
      return api;
    } catch (error) {
      line.found = undefined;
      throw error;
    }
  }

  #open(): Line {
    if (this.#line !== undefined) return this.#line;
    const over = (): void => {
      if (this.#line === line) this.#line = undefined;
      // Its calls are told first what has become of it: closing would cancel them.
      setImmediate(() => line.connection.close());
    };
    const line: Line = { connection: connect(this.#endpoint, over), found: undefined, version: undefined };
    this.#line = line;
    return line;
  }
}

/** TLS files that are none keep us from gobgpd as its absence does. */
function connect(endpoint: Endpoint, onOver: () => void): GrpcConnection {
  try {
    return new GrpcConnection(endpoint, onOver);
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    throw new CallError('lost', error.message, error);
  }
}

/** Newest first: a gobgpd serves one of them, and answers the other one with UNIMPLEMENTED. */
async function detect(connection: GrpcConnection): Promise<GobgpApi> {
  for (const adapterFor of [gobgpV4, gobgpV3]) {
    const api = adapterFor(connection);
    if (await serves(api)) return api;
  }
  throw new CallError('unimplemented', "GetBgp: expected GoBGP's v4 or v3 API, found a server that knows neither", {
    hint: 'run gobgpd 4.x or 3.x there, and nothing else',
  });
}

const serves = (api: GobgpApi): Promise<boolean> =>
  api.global().then(
    () => true,
    (error: unknown) => {
      if (error instanceof CallError && error.outcome === 'unimplemented') return false;
      throw error;
    },
  );
