import { FairleadError } from '../../model/error.ts';

const MOST_16_BITS = 0xff_ff;
const MOST_32_BITS = 0xff_ff_ff_ff;

/** RFC 1997: the AS in the high 16 bits, its value in the low. @throws FairleadError for a text that is no community */
export function communityNumber(text: string): number {
  const [as, value] = parts(text, 2, MOST_16_BITS);
  return as * 0x1_00_00 + value;
}

export const communityText = (community: number): string => `${community >>> 16}:${community & MOST_16_BITS}`;

/** GoBGP's message for a large community (RFC 8092), which is alike in both versions of its API. */
export interface LargeCommunityMessage {
  readonly globalAdmin: number;
  readonly localData1: number;
  readonly localData2: number;
}

/** @throws FairleadError for a text that is no large community */
export function largeCommunityParts(text: string): LargeCommunityMessage {
  const [globalAdmin, localData1, localData2] = parts(text, 3, MOST_32_BITS);
  return { globalAdmin, localData1, localData2 };
}

export const largeCommunityText = ({ globalAdmin, localData1, localData2 }: LargeCommunityMessage): string =>
  `${globalAdmin}:${localData1}:${localData2}`;

/** Nothing unchecked may reach gobgpd, which masks and wraps numbers without a word. */
function parts(text: string, count: 2 | 3, most: number): [number, number, number] {
  const found = text.split(':').map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  if (found.length !== count || !found.every((part) => part <= most)) {
    const form = count === 2 ? 'a community as `asn:value`, each 0 to 65535' : 'a large community as `asn:value:value`';
    throw new FairleadError('gobgpd-failed', `expected ${form}, got ${JSON.stringify(text)}`);
  }
  const [first = 0, second = 0, third = 0] = found;
  return [first, second, third];
}
