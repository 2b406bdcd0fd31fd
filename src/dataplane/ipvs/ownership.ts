import { type Address, addressBytes, familyOf, type Prefix, prefixAddress, prefixLength } from '../../model/address.ts';

/** Whether an address is ours to program. */
export type Owns = (address: Address) => boolean;

/**
 * Parses the prefixes once and compares numbers: an audit asks for every service of the table, those of others
 * included.
 */
export function ownerOf(prefixes: readonly Prefix[]): Owns {
  const tests = {
    ipv4: prefixes.filter(isFamily('ipv4')).map(inside4),
    ipv6: prefixes.filter(isFamily('ipv6')).map(inside6),
  };
  return (address) => {
    if (familyOf(address) === 'ipv6') return tests.ipv6.length > 0 && some(tests.ipv6, number6(address));
    return some(tests.ipv4, number4(address));
  };
}

const isFamily = (family: 'ipv4' | 'ipv6') => (prefix: Prefix) => familyOf(prefix) === family;

const some = <T>(tests: readonly ((address: T) => boolean)[], address: T): boolean =>
  tests.some((test) => test(address));

/** A number holds 32 bits exactly, but its bitwise operators would make the highest one a sign. */
function inside4(prefix: Prefix): (address: number) => boolean {
  const size = 2 ** (32 - prefixLength(prefix));
  const network = number4(prefixAddress(prefix));
  return (address) => address >= network && address < network + size;
}

function inside6(prefix: Prefix): (address: bigint) => boolean {
  const rest = BigInt(128 - prefixLength(prefix));
  const network = number6(prefixAddress(prefix)) >> rest;
  return (address) => address >> rest === network;
}

/** The value of a canonical IPv4 address, digit by digit: ten times as fast as parsing its parts. */
function number4(address: Address): number {
  let [value, part] = [0, 0];
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === 0x2e) [value, part] = [value * 256 + part, 0];
    else part = part * 10 + code - 0x30;
  }
  return value * 256 + part;
}

const number6 = (address: Address): bigint =>
  addressBytes(address).reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
