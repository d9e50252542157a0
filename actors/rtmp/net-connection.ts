/**
 * What a publisher asks for and gets: the commands of NetConnection and NetStream (Adobe RTMP specification 7.2), one
 * publish at a time. Knows no socket; the link below sends, suspends and closes.
 */
import type { Authorise, Log, PublishDecision, PublisherSink, PublishRequest } from '../ports.ts';
import { AudioTags } from './audio-tags.ts';
import { setChunkSize, setPeerBandwidth, userControl, UserControl, windowAckSize } from './chunk-writer.ts';
import type { OutgoingMessage } from './chunk-writer.ts';
import type { RtmpMessage } from './chunks.ts';
import { parseCommand } from './commands.ts';
import type { Command } from './commands.ts';
import type { OnCount } from './counts.ts';
import { MessageType } from './message-types.ts';
import { RtmpProtocolError } from './protocol-error.ts';
import { commandFailed, connectResult, onFCPublish, onFCUnpublish, onStatus, result } from './replies.ts';
import { parseStreamName } from './stream-name.ts';

/** Window and bandwidth that are announced to every peer; large enough to hold no publisher back. */
const PEER_WINDOW_BYTES = 2_500_000;
/** Outgoing chunk size: every answer fits into one chunk. */
const CHUNK_SIZE = 4096;

/** The transport under a NetConnection. */
export interface Link {
  readonly remoteAddress: string;
  send(message: OutgoingMessage): void;
  /** All later messages are cut into chunks of this size. */
  useChunkSize(bytes: number): void;
  /** Parse nothing more of this peer until `resume`. */
  suspend(): void;
  /** Does `first`, then goes on parsing. On a closed connection only `first` is done. */
  resume(first: () => void): void;
  /** A publish was accepted (true), or is over while the connection goes on (false). */
  publishing(active: boolean): void;
  /** Let the last message reach the peer, then close. Nothing is parsed any more. */
  closeSoon(reason: string): void;
}

/** What every connection of a listener shares. */
export interface Services {
  authorise: Authorise;
  log: Log;
  onCount: OnCount;
}

/** A publish request, and where its audio goes once it is accepted. */
interface Publish {
  readonly streamId: number;
  accepted: { sink: PublisherSink; tags: AudioTags } | undefined;
}

export class NetConnection {
  readonly #link: Link;
  readonly #services: Services;
  #app: string | undefined;
  #streams = 0;
  #publish: Publish | undefined;
  /** Why nothing may begin any more. */
  #over: string | undefined;

  constructor(link: Link, services: Services) {
    this.#link = link;
    this.#services = services;
  }

  /** A command, audio or aggregate message. @throws RtmpProtocolError when it ends the connection. */
  message(message: RtmpMessage): void {
    const { type, body, timestamp } = message;
    if (type === MessageType.audio) this.#publish?.accepted?.tags.audio(body, timestamp);
    else if (type === MessageType.aggregate) this.#publish?.accepted?.tags.aggregate(body, timestamp);
    else this.#command(parseCommand(message), message.streamId);
  }

  /** The transport is gone. Tells the sink, if one is left. Idempotent. */
  end(reason: string): void {
    this.#over ??= reason;
    this.#endPublish({ orderly: false, reason });
  }

  #command(command: Command, streamId: number): void {
    switch (command.name) {
      case 'connect':
        return this.#connect(command);
      case 'releaseStream':
      case 'FCPublish':
        return this.#announced(command);
      case 'createStream':
        this.#streams += 1;
        return this.#link.send(result(command.transactionId, this.#streams));
      case 'publish':
        return this.#request(command.stream, streamId);
      case 'FCUnpublish':
        this.#link.send(onFCUnpublish(command.transactionId));
        return this.#unpublish(command.name);
      case 'closeStream':
        return this.#unpublish(command.name);
      case 'deleteStream':
        if (!this.#isOther(command.streamId)) this.#unpublish(command.name);
        return;
      case 'unknown':
        return this.#refuseCommand(command, streamId);
      case 'answer':
    }
  }

  #connect({ app, transactionId, enhanced }: Extract<Command, { name: 'connect' }>): void {
    this.#app = app;
    this.#link.send(windowAckSize(PEER_WINDOW_BYTES));
    this.#link.send(setPeerBandwidth(PEER_WINDOW_BYTES));
    this.#link.send(setChunkSize(CHUNK_SIZE));
    this.#link.useChunkSize(CHUNK_SIZE);
    this.#link.send(connectResult(transactionId, enhanced));
  }

  #announced(command: Extract<Command, { name: 'releaseStream' | 'FCPublish' }>): void {
    const { transactionId } = command;
    if (transactionId !== 0) this.#link.send(result(transactionId));
    if (command.name === 'FCPublish') this.#link.send(onFCPublish(transactionId, command.stream));
  }

  /** `play`, `getStreamLength`, `_checkbw` and whatever else: publishers that ask go on without. */
  #refuseCommand({ command, transactionId }: Extract<Command, { name: 'unknown' }>, streamId: number): void {
    if (command === 'play' || command === 'play2') {
      this.#status(streamId, 'NetStream.Failed', 'This server takes streams; it does not play them over RTMP.');
    } else if (transactionId !== 0) this.#link.send(commandFailed(transactionId, 'This command is not offered.'));
  }

  #request(rawName: string, streamId: number): void {
    if (this.#app === undefined) throw new RtmpProtocolError('publish before connect');
    if (this.#publish !== undefined) {
      return this.#status(streamId, 'NetStream.Publish.BadName', 'This connection is publishing already.');
    }
    const publish: Publish = { streamId, accepted: undefined };
    this.#publish = publish;
    const decision = this.#authorise(rawName, publish);
    if (!(decision instanceof Promise)) return this.#decided(decision, publish);
    this.#link.suspend();
    void decision.then((decided) => this.#link.resume(() => this.#decided(decided, publish)));
  }

  #authorise(rawName: string, publish: Publish): PublishDecision | Promise<PublishDecision> {
    const { remoteAddress } = this.#link;
    const request: PublishRequest = { ...parseStreamName(this.#app ?? '', rawName), remoteAddress };
    const disconnect = (reason: string): void => this.#disconnect(publish, reason);
    try {
      const decision = this.#services.authorise(request, { remoteAddress, disconnect });
      return decision instanceof Promise ? decision.catch((error: unknown) => this.#undecided(error)) : decision;
    } catch (error) {
      return this.#undecided(error);
    }
  }

  #undecided(error: unknown): PublishDecision {
    this.#services.log.error('rtmp: authorisation failed', { error });
    return { accepted: false, code: 'NetStream.Failed', description: 'The server could not decide on this stream.' };
  }

  #decided(decision: PublishDecision, publish: Publish): void {
    if (!decision.accepted) return this.#refused(decision, publish);
    const { sink } = decision;
    // Whoever accepted counts on a `closed`, and this connection has ended meanwhile.
    if (this.#over !== undefined) return this.#tellClosed(sink, { orderly: false, reason: this.#over });
    const { streamId } = publish;
    publish.accepted = { sink, tags: new AudioTags((tag) => sink.audio(tag), this.#services.onCount) };
    this.#link.send(userControl(UserControl.streamBegin, streamId));
    const started = { level: 'status', code: 'NetStream.Publish.Start', description: 'Publishing.' } as const;
    this.#link.send(onStatus({ streamId, ...started }));
    this.#link.publishing(true);
  }

  #refused({ code, description }: Extract<PublishDecision, { accepted: false }>, { streamId }: Publish): void {
    if (this.#over !== undefined) return;
    this.#publish = undefined;
    this.#services.onCount('publishes_refused', 1);
    this.#status(streamId, code, description);
    this.#link.closeSoon(`refused: ${description}`);
  }

  /** A stream beside the one that is published; a sender that publishes on none of its streams can only mean that one. */
  #isOther(streamId: number | undefined): boolean {
    const known = (id: number): boolean => id >= 1 && id <= this.#streams;
    const published = this.#publish?.streamId;
    if (streamId === undefined || published === undefined || streamId === published) return false;
    return known(streamId) && known(published);
  }

  #unpublish(reason: string): void {
    if (this.#publish?.accepted === undefined) return;
    const { streamId } = this.#publish;
    const done = { level: 'status', code: 'NetStream.Unpublish.Success', description: 'Unpublished.' } as const;
    this.#link.send(onStatus({ streamId, ...done }));
    this.#link.publishing(false);
    this.#endPublish({ orderly: true, reason });
  }

  /** Only the publish in being can close its connection: another may have followed on it. */
  #disconnect(publish: Publish, reason: string): void {
    if (this.#over !== undefined || publish !== this.#publish) return;
    this.#over = reason;
    this.#status(publish.streamId, 'NetStream.Failed', reason);
    this.#link.closeSoon(reason);
  }

  #status(streamId: number, code: string, description: string): void {
    this.#link.send(onStatus({ streamId, level: 'error', code, description }));
  }

  #endPublish(end: { orderly: boolean; reason: string }): void {
    const sink = this.#publish?.accepted?.sink;
    this.#publish = undefined;
    if (sink !== undefined) this.#tellClosed(sink, end);
  }

  #tellClosed(sink: PublisherSink, end: { orderly: boolean; reason: string }): void {
    try {
      sink.closed(end);
    } catch (error) {
      this.#services.log.error('rtmp: a sink failed in closed()', { error });
    }
  }
}
