import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findFile, libraryPath } from '../../lab/machine/place.ts';

const PROGRAM = findFile('usr/bin/prometheus');

/** Why no Prometheus can be run here; undefined where one can. Whoever skips a test for it gives it as the reason. */
export const withoutPrometheus =
  PROGRAM === undefined ? 'NO PROMETHEUS: `node lab/setup/main.mjs --test-tools true` fetches it' : undefined;

/** A Prometheus that asks one agent every second, and looks at its rules as often. */
export class Prometheus {
  readonly #url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  /** @param target `127.0.0.1:9466` */
  static async start(target: string, rules: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-prometheus-'));
    const file = join(folder, 'prometheus.yaml');
    const job = { job_name: 'fairlead', static_configs: [{ targets: [target] }] };
    const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
    await writeFile(file, stringify({ global, rule_files: [rules], scrape_configs: [job] }));
    return new Prometheus(folder, `127.0.0.1:${await freePort()}`, file);
  }

  private constructor(folder: string, address: string, file: string) {
    this.#folder = folder;
    this.#url = `http://${address}/api/v1`;
    this.#process = spawn(
      PROGRAM ?? 'prometheus',
      [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`],
      { env: { ...process.env, LD_LIBRARY_PATH: libraryPath() }, stdio: 'ignore' },
    );
  }

  /** What it answers at a path of its API. Rejects where it refuses. */
  async ask(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const answer = await fetch(`${this.#url}/${path}?${new URLSearchParams(query).toString()}`);
    if (!answer.ok) throw new Error(`${path} ${JSON.stringify(query)}: ${await answer.text()}`);
    const { data } = (await answer.json()) as { data: unknown };
    return data;
  }

  /** How many series an expression has now. Rejects where it cannot be worked out. */
  async count(expr: string): Promise<number> {
    const { result } = (await this.ask('query', { query: expr })) as { result: readonly unknown[] };
    return result.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    if (this.#process.exitCode === null && this.#process.kill()) await ended;
    await rm(this.#folder, { recursive: true });
  }
}

/** One that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
