import { cleanup } from './cleanup/both.ts';

// Debian's own kernel, whose nf_tables can do all of it. `npm test` fetches it.
cleanup('qemu');
