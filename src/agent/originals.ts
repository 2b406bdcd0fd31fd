/** What kernel settings were before they were changed. It is of no use behind a reboot, and /run does not outlive one. */
export const ORIGINALS = '/run/fairlead/sysctls.json';
