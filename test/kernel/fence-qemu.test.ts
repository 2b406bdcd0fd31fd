import { fence } from './fence/both.ts';

// Debian's own kernel, whose nf_tables can do all of it, and which can end connections. `npm test` fetches it.
fence('qemu');
