import { cleanup } from './cleanup/both.ts';

cleanup();
