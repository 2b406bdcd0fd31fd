/**
 * Loaded into the agent as it ships, before it (`node --import`): notes what it writes to the kernel's IPVS, and when the
 * kernel has taken it. A netlink message is carried out before write(2) returns. Each line on stdin is answered by a line of
 * JSON on stdout.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** struct nlmsghdr, struct genlmsghdr, then the attribute IPVS_CMD_ATTR_SERVICE (src/dataplane/ipvs/codec.ts). */
const COMMAND_AT = 16;
const SERVICE_AT = 22;
const SERVICE = 0x80_01;
/** In there behind the family and the protocol. */
const ADDRESS_AT = 44;
/** IPVS_CMD_NEW_SERVICE to IPVS_CMD_DEL_DEST, without those that read. */
const CHANGES = new Set([1, 2, 3, 5, 6, 7]);

const { readSync, writeSync } = fs;
let calls = 0;
let changes = 0;
/** Addresses of virtual servers, each with the milliseconds behind it; undefined until the first order. */
let noted;

fs.writeSync = (fd, data, ...rest) => {
  const written = writeSync(fd, data, ...rest);
  if (fd > 2 && Buffer.isBuffer(data)) note(data);
  return written;
};
fs.readSync = (...args) => {
  calls += 1;
  return readSync(...args);
};
syncBuiltinESMExports();

function note(data) {
  calls += 1;
  const at = Number(process.hrtime.bigint()) / 1e6;
  for (let start = 0; start + ADDRESS_AT + 4 <= data.length; start += data.readUInt32LE(start)) {
    if (data.readUInt32LE(start) === 0) return;
    if (data.readUInt16LE(start + SERVICE_AT) !== SERVICE || !CHANGES.has(data[start + COMMAND_AT])) continue;
    changes += 1;
    noted?.push([data.subarray(start + ADDRESS_AT, start + ADDRESS_AT + 4).join('.'), at]);
  }
}

/** VmHWM and VmRSS in proc(5), in KiB there. */
const kibibytes = (name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);

process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage();
  const answer = {
    calls,
    changes,
    noted: noted ?? [],
    rss: kibibytes('VmRSS') * 1024,
    peakRss: kibibytes('VmHWM') * 1024,
    heapUsed: process.memoryUsage().heapUsed,
    cpuMs: (user + system) / 1000,
  };
  noted = [];
  process.stdout.write(`${JSON.stringify({ recorder: answer })}\n`);
});
process.stdin.unref();
