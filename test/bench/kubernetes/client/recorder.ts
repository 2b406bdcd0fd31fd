import { openSync, writeSync } from 'node:fs';
import { commandOf, encodeOperation } from '../../../../src/dataplane/ipvs/codec.ts';
import type { IpvsKernel } from '../../../../src/dataplane/ipvs/netlink.ts';
import type { IpvsOperation } from '../../../../src/dataplane/ipvs/plan.ts';
import { Writer } from '../../../../src/dataplane/netlink/codec.ts';
import { genericHeader } from '../../../../src/dataplane/netlink/generic.ts';
import type { Answer } from '../../../../src/dataplane/netlink/socket.ts';
import type { Address } from '../../../../src/model/address.ts';

/** Any type that a generic netlink family may have. */
const FAMILY = 30;

/**
 * An IPVS that is empty at first, takes every change, and is never read again. The messages are written as to the kernel, in
 * one system call for each batch, and go nowhere.
 */
export class Recorder implements IpvsKernel {
  readonly messages = { sent: 0, received: 0 };
  readonly #nowhere = openSync('/dev/null', 'w');
  readonly #writer = new Writer();
  readonly #onWritten: (address: Address) => void;

  /** @param onWritten called behind each message with the address of the virtual server that it is about */
  constructor(onWritten: (address: Address) => void) {
    this.#onWritten = onWritten;
  }

  change(operations: readonly IpvsOperation[]): Answer[] {
    this.#writer.reset();
    for (const operation of operations) {
      this.messages.sent += 1;
      this.#writer.begin(FAMILY, 1, this.messages.sent, genericHeader(commandOf(operation)));
      encodeOperation(operation, this.#writer);
      this.#writer.finish();
    }
    writeSync(this.#nowhere, this.#writer.bytes);
    for (const { service } of operations) this.#onWritten(service.address);
    return operations.map(() => ({ error: undefined, explanation: undefined }));
  }

  services = (): [] => [];
  connections = (): [] => [];
  destinations = (): Map<string, never> => new Map<string, never>();
  service = (): undefined => undefined;
  reopen(): void {}
  close(): void {}
}
