/** Commands of publishers (Adobe RTMP specification 7.2, and the FC* commands that Flash Media Encoder introduced). */
import { decodeAmf0 } from './amf0.ts';
import type { Amf0Object, Amf0Value } from './amf0.ts';
import type { RtmpMessage } from './chunks.ts';
import { MessageType } from './message-types.ts';

/** A command with what the listener needs of it. `transactionId` is 0 when the sender wants no answer. */
export type Command =
  | { name: 'connect'; transactionId: number; app: string; enhanced: boolean }
  | { name: 'createStream'; transactionId: number }
  | { name: 'releaseStream' | 'FCPublish'; transactionId: number; stream: string }
  | { name: 'publish'; transactionId: number; stream: string }
  | { name: 'FCUnpublish'; transactionId: number }
  | { name: 'closeStream'; transactionId: number }
  /** `streamId` is undefined when the sender gave something else (GStreamer gives the stream's name). */
  | { name: 'deleteStream'; transactionId: number; streamId: number | undefined }
  /** Anything else; asking for it fails, and the connection goes on. */
  | { name: 'unknown'; transactionId: number; command: string }
  /** `_result`, `onStatus` and the like: answers to questions that the listener never asks. */
  | { name: 'answer' };

const ANSWERS: ReadonlySet<string> = new Set(['_result', '_error', 'onStatus', 'onBWDone']);

/**
 * Reads a command message of type 20, or 17 (one more byte in front, then AMF0 all the same). Missing and odd arguments
 * become empty ones: encoders leave out what they think is optional.
 * @throws RtmpProtocolError when the body is not AMF0 or exceeds its bounds.
 */
export function parseCommand(message: RtmpMessage): Command {
  const [name, transaction, object, argument] = decodeAmf0(
    message.type === MessageType.commandAmf3 ? message.body.subarray(1) : message.body,
  );
  const transactionId = typeof transaction === 'number' ? transaction : 0;
  switch (name) {
    case 'connect':
      return { name, transactionId, ...connectDetails(object) };
    case 'createStream':
    case 'FCUnpublish':
    case 'closeStream':
      return { name, transactionId };
    case 'releaseStream':
    case 'FCPublish':
    case 'publish':
      return { name, transactionId, stream: textOf(argument) };
    case 'deleteStream':
      return { name, transactionId, streamId: typeof argument === 'number' ? argument : undefined };
    default:
      if (ANSWERS.has(textOf(name))) return { name: 'answer' };
      return { name: 'unknown', transactionId, command: textOf(name) };
  }
}

/** `enhanced`: the sender spoke of enhanced RTMP, so it may be told what of it is understood. */
function connectDetails(value: Amf0Value): { app: string; enhanced: boolean } {
  if (!isObject(value)) return { app: '', enhanced: false };
  const enhanced = ['fourCcList', 'audioFourCcInfoMap', 'capsEx'].some((key) => value[key] !== undefined);
  return { app: textOf(value['app']), enhanced };
}

function isObject(value: Amf0Value): value is Amf0Object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: Amf0Value): string {
  return typeof value === 'string' ? value : '';
}
