import { firewall } from './firewall/both.ts';

firewall();
