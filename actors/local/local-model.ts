/** What the engine's child needs to load a model. */

/** sherpa-onnx's `modelConfig` of an offline recogniser, with absolute paths. */
export type RecognizerConfig = Record<string, unknown>;

/** Plain data: it is sent to the child. */
export interface LocalModel {
  /** `tiny`, `base`, `tiny+base` or the folder's name. */
  name: string;
  language: string;
  /** Model of finals. */
  finals: RecognizerConfig;
  /** Model of partials when it is another one. */
  partials?: RecognizerConfig;
  /** Path of the voice activity detector (Silero v6). */
  vad: string;
}
