import type { Lab } from '../../../lab/lab.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import type { LabProcess } from '../../../lab/process.ts';
import type { ApiObject } from '../../scenario/api-objects.ts';
import { API, type Order } from './protocol.ts';

/** The API server of the fault lab, as the host steers it. */
export class Api {
  readonly #process: LabProcess;
  readonly #waiting: ((error?: Error) => void)[];

  /** Resolves once the server takes connections on the cluster network. */
  static async start(lab: Lab): Promise<Api> {
    const address = await lab.exec('fab', ['ip', 'address', 'add', `${API.host}/24`, 'dev', 'br0']);
    if (address.exitCode !== 0) throw new Error(`fab: ${address.stderr}`);
    const waiting: ((error?: Error) => void)[] = [];
    const said: string[] = [];
    const onLine = (line: string): void => void (line === 'done' ? waiting.shift()?.() : said.push(line));
    const argv = ['node', '--single-threaded', '--disable-warning=ExperimentalWarning', MAIN];
    const process = await lab.spawn('fab', argv, { onLine });
    const ended = (): void =>
      waiting.splice(0).forEach((settle) => settle(new Error(`the API server has ended: ${said.join('\n')}`)));
    void process.exited.then(ended);
    const api = new Api(process, waiting);
    await api.up();
    return api;
  }

  private constructor(process: LabProcess, waiting: ((error?: Error) => void)[]) {
    this.#process = process;
    this.#waiting = waiting;
  }

  put(object: ApiObject): Promise<void> {
    return this.#order({ op: 'put', object });
  }

  up(): Promise<void> {
    return this.#order({ op: 'up' });
  }

  /** Gone for its clients, as if killed. */
  down(): Promise<void> {
    return this.#order({ op: 'down' });
  }

  async #order(order: Order): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push((error) => (error ? reject(error) : resolve()));
    });
    await this.#process.write(JSON.stringify(order));
    await done;
  }
}

const MAIN = `${CHECKOUT}/test/fault/api/main.ts`;
