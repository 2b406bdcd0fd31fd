import { readAttributes } from './codec.ts';
import type { NetlinkSocket } from './socket.ts';

const GENL_ID_CTRL = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;

/** struct genlmsghdr: command and version. */
export const genericHeader = (command: number): Uint8Array => Uint8Array.of(command, 1, 0, 0);

/**
 * The number of a generic netlink family. Asking for it makes the kernel load the family's module if it can.
 * Throws `netlink-failed` (ENOENT) where there is none.
 */
export function genericFamily(socket: NetlinkSocket, name: string): number {
  const message = socket.get({
    type: GENL_ID_CTRL,
    fixed: genericHeader(CTRL_CMD_GETFAMILY),
    attributes: (writer) => writer.text(CTRL_ATTR_FAMILY_NAME, name),
  });
  return readAttributes(message.payload.subarray(4)).get(CTRL_ATTR_FAMILY_ID)?.readUInt16LE(0) ?? 0;
}
