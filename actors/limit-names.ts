/** The limits that guard the server against strangers, by the names that `limit_refusals_total` counts them under. */

export const limitNames = [
  'descriptors',
  'rtmp_connections',
  'rtmp_unpublished',
  'rtmp_unpublished_per_address',
  'rtmp_handshake_time',
  'rtmp_publish_time',
  'rtmp_idle_time',
  'rtmp_unpublished_bytes',
  'rtmp_unsent_bytes',
  'rtmp_chunk_streams',
  'rtmp_unfinished_bytes',
  'rtmp_short_chunks',
  'rtmp_message_bytes',
  'rtmp_amf0',
  'http_connections',
  'http_connections_per_address',
  'http_request_time',
  'http_idle_time',
  'http_upgrade_time',
  'http_header_bytes',
  'http_body_bytes',
  'json_levels',
  'admin_connections',
  'admin_connections_per_address',
  'viewers',
  'viewers_per_address',
  'viewer_message_bytes',
  'viewer_fragments',
  'key_sessions',
  'key_minutes',
  'gladia_minutes',
  'viewer_messages',
  'viewer_bytes',
] as const;

export type LimitName = (typeof limitNames)[number];

/** Told whenever a limit has turned somebody or something away. */
export type OnLimit = (limit: LimitName) => void;
