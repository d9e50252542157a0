/** One WebSocket of a simulated session: acknowledges, says, stops, and goes away as a test wants it. */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { Acknowledgements, refusedChunk } from './acknowledgements.ts';
import type { Drop, DropPoint, Faults } from './faults.ts';
import type { Note } from './journal.ts';
import type { Lifetime } from './lifetime.ts';
import type { SimulatorOptions } from './options.ts';
import type { Listener, SimulatedSession } from './session.ts';
import { isObject } from './validation.ts';
import type { Message } from './utterances.ts';

export interface ConnectionContext {
  options: SimulatorOptions;
  faults: Faults;
  lifetime: Lifetime;
  note: Note;
}

export class Connection implements Listener {
  readonly socket: WebSocket;
  readonly #session: SimulatedSession;
  readonly #context: ConnectionContext;
  readonly #acknowledgements: Acknowledgements;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #close: (code?: number, reason?: string) => void;
  #idle: NodeJS.Timeout | undefined;
  #isMuted = false;
  #isGone = false;
  #isLeft = false;
  #hasAudio = false;

  constructor(socket: WebSocket, session: SimulatedSession, context: ConnectionContext) {
    this.socket = socket;
    this.#session = session;
    this.#context = context;
    this.#acknowledgements = new Acknowledgements(context.faults, session.bytes, context.options.ackDelayMs);
    this.#close = socket.close.bind(socket);
    socket.close = (code, reason) => this.#answerClose(code, reason?.toString());
    socket.on('error', (error) => this.#failed(error));
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('close', () => this.#closed());
    this.#touch();
  }

  /** Does it hear nothing any more? */
  get isDeaf(): boolean {
    return this.#isMuted;
  }

  /** Was it the client that closed? */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Says something of the session's. */
  say(message: Message): void {
    if (!this.#session.wants(message)) return;
    const envelope = { session_id: this.#session.id, created_at: new Date().toISOString(), ...message };
    const isFinal = message['type'] === 'transcript' && (message['data'] as Message)['is_final'] === true;
    this.#context.note('message', { kind: message['type'], isFinal });
    const isOpen = !this.#isMuted && !this.#isGone && this.socket.readyState === this.socket.OPEN;
    if (isOpen) this.socket.send(JSON.stringify(envelope));
    if (isFinal) this.dropAt('after_final');
  }

  drop(how: Drop): void {
    const tcp = this.#tcp();
    this.#context.note('fault', { how });
    this.#isGone = true;
    if (how === 'reset') tcp?.resetAndDestroy();
    else if (how === 'no_close_frame') this.socket.terminate();
    else if (how === 'black_hole') {
      this.#isMuted = true;
      tcp?.pause();
    } else this.#close(how.code, how.reason);
  }

  close(code: number): void {
    this.#close(code);
  }

  dropAt(point: DropPoint): boolean {
    const how = this.#context.faults.take(point);
    if (how === undefined) return false;
    this.drop(how);
    return true;
  }

  /** Reads nothing for a while, and then what has come meanwhile. */
  stopReading(durationMs: number): void {
    this.#context.note('fault', { how: 'stop_reading', durationMs });
    this.socket.pause();
    this.#later(() => this.socket.resume(), durationMs);
  }

  /** `_socket` is where `ws` keeps the connection; there is no public way to reset one. */
  #tcp(): Socket | undefined {
    return (this.socket as unknown as { _socket: Socket | null })._socket ?? undefined;
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.#isMuted) return;
    this.#touch();
    if (isBinary) return this.#audio(data);
    const message = parsed(data);
    if (message?.['type'] === 'stop_recording') return this.#stop();
    const chunk = isObject(message?.['data']) ? message['data']['chunk'] : undefined;
    if (message?.['type'] === 'audio_chunk' && typeof chunk === 'string') {
      return this.#audio(Buffer.from(chunk, 'base64'));
    }
    this.#context.note('violation', { what: 'a message that makes no sense' });
    this.say({ type: 'error', error: { message: 'Unknown action' }, data: null });
  }

  #audio(chunk: Buffer): void {
    const { faults, note, options } = this.#context;
    const isOdd = chunk.length % 2 !== 0;
    if (isOdd) note('violation', { what: 'an odd chunk' });
    if (this.#session.state !== 'running') {
      if (this.#session.state === 'stopped') note('violation', { what: 'audio after stop_recording' });
      return this.#reply(refusedChunk('Recording stopped', faults.nackShape));
    }
    if (!this.#hasAudio && this.dropAt('before_first_chunk')) return;
    this.#hasAudio = true;
    if (isOdd && options.oddChunks === 'refused')
      return this.#reply(refusedChunk('Incomplete frame', faults.nackShape));
    if (faults.nacks > 0) {
      faults.nacks -= 1;
      return this.#reply(refusedChunk('not now', faults.nackShape));
    }
    this.#take(chunk);
  }

  #take(chunk: Buffer): void {
    const { faults, note } = this.#context;
    const from = this.#session.bytes;
    if (from === 0 && chunk.length > 0) this.#session.say({ type: 'start_recording' });
    this.#session.receive(chunk);
    note('audio', { from, to: this.#session.bytes });
    for (const raw of faults.messages.splice(0)) this.socket.send(raw);
    if (this.#session.hasOpenUtterance && this.dropAt('mid_utterance')) return;
    if (this.dropAt('before_ack')) return;
    const ack = this.#acknowledgements.of(from, this.#session.bytes);
    if (ack === undefined) return;
    this.#later(() => {
      note('ack', { data: ack.message['data'] });
      this.say(ack.message);
    }, ack.delayMs);
  }

  #stop(): void {
    const { faults, note, options, lifetime } = this.#context;
    note('stop');
    this.#session.isStopAsked = true;
    if (this.dropAt('during_stop')) return;
    if (this.#session.state !== 'running') {
      const error = { status_code: 409, exception: 'ConflictError', message: 'Recording already stopped' };
      return this.#reply({ type: 'stop_recording', acknowledged: false, error, data: {} });
    }
    if (faults.stop === 'silent') return;
    const recording_duration = this.#session.bytes / 32_000;
    const data = { recording_duration, recording_left_to_process: 0.1 };
    lifetime.stop();
    this.#later(() => {
      this.say({ type: 'stop_recording', acknowledged: true, error: null, data });
      this.dropAt('after_stop_ack');
    }, options.ackDelayMs);
  }

  /** As late as acknowledgements are, so that answers keep their order. */
  #reply(message: Message): void {
    this.#later(() => this.say(message), this.#context.options.ackDelayMs);
  }

  /** `ws` answers a close frame, and a frame that it does not take, by calling `close` of the socket. */
  #answerClose(code?: number, reason?: string): void {
    const { _closeFrameReceived: isAsked } = this.socket as unknown as { _closeFrameReceived: boolean };
    if (this.socket.readyState === this.socket.OPEN && isAsked) {
      this.#isLeft = true;
      this.#context.note('close_received', { code });
      if (this.#context.faults.closeHandshake === 'never') return;
    }
    this.#close(code, reason);
  }

  #failed(error: Error): void {
    const isLong = 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    if (isLong) this.#context.note('violation', { what: 'a frame of more than 1 MiB' });
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#context.lifetime.idle(), this.#context.options.idleMs);
  }

  #closed(): void {
    clearTimeout(this.#idle);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #later(work: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function parsed(data: Buffer): Record<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(data.toString());
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
