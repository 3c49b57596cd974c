/** The name under which Sentinel watches a server and its replica. */
export const SENTINEL_NAME = 'spec';
