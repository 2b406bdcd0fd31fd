import type { Global } from '../gobgp.ts';

/** What both versions of the API say of a gobgpd as a whole. */
export interface GlobalMessage {
  readonly asn: number;
  readonly routerId: string;
  readonly listenPort: number;
  readonly listenAddresses: readonly string[];
}

export const encodeGlobal = ({ as, routerId, listenPort, listenAddresses }: Global): GlobalMessage => ({
  asn: as,
  routerId,
  listenPort,
  listenAddresses,
});

/** gobgpd answers GetBgp before StartBgp as well, with AS 0. */
export function decodeGlobal(message: GlobalMessage | undefined): Global | undefined {
  if (message === undefined || message.asn === 0) return undefined;
  const { asn, routerId, listenPort, listenAddresses } = message;
  return { as: asn, routerId, listenPort, listenAddresses };
}
