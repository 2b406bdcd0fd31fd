import { ANSWERS, type Behaviours, DELIVERIES } from './hostile-answers.ts';
import { LISTS } from './hostile-lists.ts';
import { STREAMS } from './hostile-streams.ts';

/** All that a server may do wrong to any number of requests. docs/hostile-api.md says what comes of each. */
export const BEHAVIOURS: Behaviours = { ...ANSWERS, ...DELIVERIES, ...LISTS, ...STREAMS };
