/** The part of sherpa-onnx-node that is used; the package (CommonJS) has no types of its own. */
import { createRequire } from 'node:module';
import type { RecognizerConfig } from './local-model.ts';

interface Stream {
  acceptWaveform(audio: { samples: Float32Array; sampleRate: number }): void;
}

export interface Recognizer {
  createStream(): Stream;
  /** Runs in libuv's thread pool. */
  decodeAsync(stream: Stream): Promise<{ text: string }>;
}

/** A stretch of speech; `start` in samples since the detector's first. */
export interface SpeechSegment {
  start: number;
  samples: Float32Array;
}

export interface Vad {
  /** Exactly `windowSize` samples. */
  acceptWaveform(samples: Float32Array): void;
  /** Is there speech now? */
  isDetected(): boolean;
  isEmpty(): boolean;
  front(enableExternalBuffer: boolean): SpeechSegment;
  pop(): void;
  /** Hands out the open segment. */
  flush(): void;
}

interface Sherpa {
  OfflineRecognizer: { createAsync(config: unknown): Promise<Recognizer> };
  Vad: new (config: unknown, bufferSeconds: number) => Vad;
}

/** Samples per call of the detector. */
export const VAD_FRAME_SAMPLES = 512;
const SAMPLE_RATE_HZ = 16_000;
const VAD_BUFFER_SECONDS = 30;

const sherpa = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;

/** Loads a model. Rejects on a damaged one, where the constructor would end the process. */
export function loadRecognizer(modelConfig: RecognizerConfig): Promise<Recognizer> {
  return sherpa.OfflineRecognizer.createAsync({
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    modelConfig: { numThreads: 1, debug: 0, ...modelConfig },
  });
}

/** A voice activity detector of one session. */
export function createVad(model: string): Vad {
  const sileroVad = {
    model,
    threshold: 0.5,
    minSpeechDuration: 0.1,
    minSilenceDuration: 0.4,
    maxSpeechDuration: 10,
    windowSize: VAD_FRAME_SAMPLES,
  };
  return new sherpa.Vad({ sileroVad, sampleRate: SAMPLE_RATE_HZ, numThreads: 1, debug: 0 }, VAD_BUFFER_SECONDS);
}

export async function transcribe(recognizer: Recognizer, samples: Float32Array): Promise<string> {
  const stream = recognizer.createStream();
  stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE_HZ });
  const { text } = await recognizer.decodeAsync(stream);
  return text.trim();
}
