import { GrpcConnection } from '../../src/bgp/client.ts';
import type { ApiVersion, GobgpApi } from '../../src/bgp/gobgp.ts';
import { gobgpV3 } from '../../src/bgp/v3/api.ts';
import { gobgpV4 } from '../../src/bgp/v4/api.ts';
import type { Gobgpd } from './gobgpd.ts';

/** A version of the API to a gobgpd, whether it speaks that or not. */
export function speak(api: ApiVersion, { target }: Gobgpd): GobgpApi {
  const connection = new GrpcConnection({ target });
  return api === 'v3' ? gobgpV3(connection) : gobgpV4(connection);
}
