/** What the agent says on the dead man's socket, a byte each. */
export const BEAT = '.'.charCodeAt(0);
/** Everything is withdrawn, and this agent ends: there is nothing left to watch. */
export const GOODBYE = 'w'.charCodeAt(0);
