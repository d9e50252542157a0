/** Names of streams and sessions, in publish URLs, addresses and requests: a-z, 0-9 and -, at most 64 characters. */
export const SLUG_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
