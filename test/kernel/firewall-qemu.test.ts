import { firewall } from './firewall/both.ts';

// Debian's own kernel, whose nf_tables can do all of it. `npm test` fetches it.
firewall('qemu');
