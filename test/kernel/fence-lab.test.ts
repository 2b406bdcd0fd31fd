import { fence } from './fence/both.ts';

fence();
