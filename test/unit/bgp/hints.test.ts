import { expect, test } from 'vitest';
import { connectHint, connectWords } from '../../../src/bgp/hints.ts';

/** As @grpc/grpc-js 1.14 says it. */
const said = (last: string): string => `No connection established. Last error: ${last}. Resolution note: `;

test.each([
  ['Error: connect EACCES /run/gobgp.sock', 'connect EACCES /run/gobgp.sock', /the same user as gobgpd/],
  ['Error: connect ENOENT /run/gobgp.sock', 'connect ENOENT /run/gobgp.sock', /no such socket/],
  ['Error: connect ECONNREFUSED /run/gobgp.sock', 'connect ECONNREFUSED /run/gobgp.sock', /leaves its socket behind/],
  [
    "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: a. is not in b",
    "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: a. is not in b",
    /set bgp\.tls\.serverName/,
  ],
  ['Error: self-signed certificate in chain', 'self-signed certificate in chain', /authority in bgp\.tls\.ca/],
  [
    '400D49A6507F0000:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/openssl/a.c:918:' +
      'SSL alert number 116\n (2026-11-23T17:17:52.557Z)',
    'TLS: tlsv13 alert certificate required',
    /--tls-client-ca-file/,
  ],
  [
    'Error: 40DD6AA0117F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/a.c:77:\n',
    'TLS: wrong version number',
    /does not speak TLS/,
  ],
  ['Failed to connect (2026-11-23T17:17:53.611Z)', 'Failed to connect', /wants TLS/],
  ['write EPIPE', 'write EPIPE', undefined],
])('%s', (last, words, hint) => {
  expect(connectWords(said(last))).toBe(words);
  if (hint === undefined) expect(connectHint(words)).toBeUndefined();
  else expect(connectHint(words)).toMatch(hint);
});
