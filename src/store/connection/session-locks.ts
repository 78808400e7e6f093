/** First half of the two-part advisory lock that shows a process is alive; the second half is the process id. */
export const processLockClass = 73_683_01;
