/** What the listener counts. `by` is 1 unless the name says bytes. */
export type RtmpCount =
  /** Closed at accept, because a limit on connections was reached. */
  | 'connections_refused'
  /** Closed for a violation of the protocol, of a limit or of a deadline. */
  | 'connections_failed'
  /** A publish request was answered with an error. */
  | 'publishes_refused'
  /** An audio message or track in a codec that is not passed on. */
  | 'audio_unsupported'
  /** An AAC frame before any sequence header; a decoder could only make noise of it. */
  | 'audio_without_config'
  | 'video_messages'
  | 'video_bytes';

export type OnCount = (count: RtmpCount, by: number) => void;
