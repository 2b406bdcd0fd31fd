import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { startSidecar } from '../../../src/sidecar/sidecar.ts';

const TLS = { ca: '/etc/ca.pem', cert: '/etc/cert.pem', key: '/etc/key.pem', serverName: 'gobgpd.example' };

test.each([
  ['10.22.108.1:50051', TLS, '10.22.108.1:50051'],
  ['[fd00::1]:50051', TLS, '[fd00::1]:50051'],
  ['0.0.0.0:50051', undefined, '0.0.0.0:50051'],
  ['unix:///run/fairlead/gobgp.sock', TLS, 'bgp.tls'],
])('no gobgpd is started with its API on %s where that is not for this node alone', async (gobgp, tls, found) => {
  const config = { bgp: { gobgp, tls }, deadman: { socket: '/nonexistent/deadman.sock' } } as unknown as Config;
  await expect(startSidecar(config, {} as never)).rejects.toMatchObject({
    code: 'config-invalid',
    message: `bgp.gobgp: expected a unix socket or loopback without TLS, found ${found}`,
    hint: expect.stringContaining('an agent without a sidecar'),
  });
});
