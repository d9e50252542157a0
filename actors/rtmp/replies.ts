/** The server's answers to commands, as messages. */
import { encodeAmf0 } from './amf0-encode.ts';
import type { Amf0Object, Amf0Value } from './amf0.ts';
import { ChunkStreamId } from './chunk-writer.ts';
import type { OutgoingMessage } from './chunk-writer.ts';
import { MessageType } from './message-types.ts';

/** FourCcInfoMask.CanDecode of enhanced RTMP v2, "Enhancing NetConnection connect Command". */
const CAN_DECODE = 1;
/** CapsExMask.ModEx. Multitrack is taken but not announced, for only one track is used. */
const CAPS_EX_MOD_EX = 4;

function command(...values: Amf0Value[]): OutgoingMessage {
  const body = encodeAmf0(...values);
  return { chunkStreamId: ChunkStreamId.command, type: MessageType.commandAmf0, streamId: 0, body };
}

/** The answer to `connect`. To a sender of enhanced RTMP it also tells which audio codecs are understood. */
export function connectResult(transactionId: number, enhanced: boolean): OutgoingMessage {
  const capabilities: Amf0Object = enhanced
    ? { audioFourCcInfoMap: { mp4a: CAN_DECODE, Opus: CAN_DECODE, '.mp3': CAN_DECODE }, capsEx: CAPS_EX_MOD_EX }
    : {};
  return command(
    '_result',
    transactionId,
    { fmsVer: 'FMS/3,0,1,123', capabilities: 31, mode: 1 },
    {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      objectEncoding: 0,
      ...capabilities,
    },
  );
}

/** A result without a command object: of `createStream` (the stream's id), `releaseStream`, `FCPublish`. */
export function result(transactionId: number, value?: number): OutgoingMessage {
  return command('_result', transactionId, null, value);
}

/** A command that is not offered. */
export function commandFailed(transactionId: number, description: string): OutgoingMessage {
  return command('_error', transactionId, null, { level: 'error', code: 'NetConnection.Call.Failed', description });
}

/** Some hardware encoders publish only after this answer to `FCPublish`, and look for the request's transaction. */
export function onFCPublish(transactionId: number, stream: string): OutgoingMessage {
  return fcAnswer('onFCPublish', transactionId, { code: 'NetStream.Publish.Start', description: stream });
}

export function onFCUnpublish(transactionId: number): OutgoingMessage {
  return fcAnswer('onFCUnpublish', transactionId, { code: 'NetStream.Unpublish.Success', description: 'Unpublished.' });
}

function fcAnswer(name: string, transactionId: number, info: Amf0Object): OutgoingMessage {
  return command(name, transactionId, null, { level: 'status', ...info });
}

/** What became of a message stream (7.2.2). */
export interface StreamStatus {
  streamId: number;
  level: 'status' | 'error';
  code: string;
  description: string;
}

export function onStatus({ streamId, level, code, description }: StreamStatus): OutgoingMessage {
  const message = command('onStatus', 0, null, { level, code, description });
  return { ...message, chunkStreamId: ChunkStreamId.stream, streamId };
}
