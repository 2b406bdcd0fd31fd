import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { explain } from '../model/error.ts';

/** The kernel's reports about a directory, which may be replaced by another one of the same name. */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #onReport: () => void;
  readonly #log: Logger;
  #watcher: FSWatcher | undefined;
  #inode: string | undefined;

  constructor(directory: string, onReport: () => void, log: Logger) {
    this.#directory = directory;
    this.#onReport = onReport;
    this.#log = log;
  }

  /** Watches the directory that has the name now. */
  async follow(): Promise<void> {
    const inode = await stat(this.#directory).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => undefined,
    );
    if (inode === this.#inode) return;
    this.close();
    if (inode !== undefined) this.#open(inode);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#inode = undefined;
  }

  #open(inode: string): void {
    try {
      this.#watcher = watch(this.#directory, this.#onReport).on('error', (error) => this.#give(error));
      this.#inode = inode;
    } catch (error) {
      this.#give(error);
    }
  }

  /** Out of inotify watches, as a rule: the looks go on without reports. */
  #give(error: unknown): void {
    this.close();
    this.#log.debug(
      { event: 'directory-unwatched', directory: this.#directory, problem: explain(error) },
      'no reports of changes from the kernel',
    );
  }
}
