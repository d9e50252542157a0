/** One WebSocket of a simulated session: acknowledges, says, stops, and goes away as a test wants it. */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Drop, Faults } from './faults.ts';
import type { SimulatedSession } from './session.ts';

type Message = Record<string, unknown>;

export interface ConnectionContext {
  faults: Faults;
  ackDelayMs: number;
  /** From the last final to the close. */
  endDelayMs: number;
  idleMs: number;
  note: (type: string, details?: Message) => void;
}

const DELAYED_ACK_MS = 5_000;

export class Connection {
  readonly socket: WebSocket;
  readonly #session: SimulatedSession;
  readonly #context: ConnectionContext;
  readonly #firstByte: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #idle: NodeJS.Timeout | undefined;
  #isMuted = false;
  #chunks = 0;
  #mergedFrom: number | undefined;

  constructor(socket: WebSocket, session: SimulatedSession, context: ConnectionContext) {
    this.socket = socket;
    this.#session = session;
    this.#context = context;
    this.#firstByte = session.bytes;
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('close', () => this.#closed());
    this.#touch();
  }

  /** Does it still hear? */
  get isDeaf(): boolean {
    return this.#isMuted;
  }

  /** Says something of the session's. */
  say(message: Message): void {
    const envelope = { session_id: this.#session.id, created_at: new Date().toISOString(), ...message };
    const isFinal = message['type'] === 'transcript' && (message['data'] as Message)['is_final'] === true;
    this.#context.note('message', { kind: message['type'], isFinal });
    if (!this.#isMuted && this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(envelope));
    if (isFinal) this.#dropAt('after_final');
  }

  /** Goes away. */
  drop(how: Drop): void {
    const { _socket: tcp } = this.socket as unknown as { _socket: Socket };
    this.#context.note('fault', { how });
    if (how === 'reset') tcp.resetAndDestroy();
    else if (how === 'no_close_frame') this.socket.terminate();
    else if (how === 'black_hole') {
      this.#isMuted = true;
      tcp.pause();
    } else this.socket.close(how.code, how.reason);
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.#isMuted) return;
    this.#touch();
    if (isBinary) return this.#audio(data);
    const message = JSON.parse(data.toString()) as { type?: string; data?: { chunk?: string } };
    if (message.type === 'stop_recording') this.#stop();
    else if (message.type === 'audio_chunk') this.#audio(Buffer.from(message.data?.chunk ?? '', 'base64'));
  }

  #audio(chunk: Buffer): void {
    const { faults, note } = this.#context;
    if (chunk.length % 2 !== 0) note('violation', { what: 'an odd chunk' });
    if (this.#session.state !== 'running') {
      if (this.#session.state === 'stopped') note('violation', { what: 'audio after stop_recording' });
      return this.say({
        type: 'audio_chunk',
        acknowledged: false,
        error: { message: 'Recording stopped' },
        data: null,
      });
    }
    if (this.#chunks === 0 && this.#dropAt('before_first_chunk')) return;
    this.#chunks += 1;
    if (faults.nacks > 0) {
      faults.nacks -= 1;
      return this.say({ type: 'audio_chunk', acknowledged: false, error: { message: 'not now' }, data: null });
    }
    const from = this.#session.bytes;
    this.#session.receive(chunk);
    note('audio', { from, to: this.#session.bytes });
    for (const raw of faults.messages.splice(0)) this.socket.send(raw);
    if (this.#session.hasOpenUtterance && this.#dropAt('mid_utterance')) return;
    if (this.#dropAt('before_ack')) return;
    this.#acknowledge(from, this.#session.bytes);
  }

  #acknowledge(from: number, to: number): void {
    const { faults, ackDelayMs } = this.#context;
    if (faults.acks === 'off') return;
    if (faults.loseAcks > 0) {
      faults.loseAcks -= 1;
      return;
    }
    if (faults.acks === 'merged' && this.#chunks % 3 !== 0) {
      this.#mergedFrom ??= from;
      return;
    }
    const base = faults.acks === 'restart_per_connection' ? this.#firstByte : 0;
    const start = (this.#mergedFrom ?? from) - base;
    this.#mergedFrom = undefined;
    const end = to - base + (faults.acks === 'beyond_sent' ? 64_000 : 0) - (faults.acks === 'inclusive' ? 1 : 0);
    const time_range = [start / 32_000, end / 32_000];
    const ack = {
      type: 'audio_chunk',
      acknowledged: true,
      error: null,
      data: { byte_range: [start, end], time_range },
    };
    this.#later(() => this.say(ack), faults.acks === 'delayed' ? DELAYED_ACK_MS : ackDelayMs);
  }

  #stop(): void {
    const { faults, note } = this.#context;
    note('stop');
    if (this.#dropAt('during_stop')) return;
    if (this.#session.state !== 'running') {
      const error = { status_code: 409, exception: 'ConflictError', message: 'Recording already stopped' };
      return this.say({ type: 'stop_recording', acknowledged: false, error, data: {} });
    }
    if (faults.stop === 'silent') return;
    this.#session.state = 'stopped';
    const recording_duration = this.#session.bytes / 32_000;
    const data = { recording_duration, recording_left_to_process: 0.1 };
    this.say({ type: 'stop_recording', acknowledged: true, error: null, data });
    if (faults.stop === 'close_before_finals') {
      this.#isMuted = true;
      this.#session.stop();
      this.#isMuted = false;
      return this.#end();
    }
    if (this.#dropAt('after_stop_ack')) return this.#session.stop();
    this.#later(() => {
      this.#session.stop();
      this.#end();
    }, this.#context.endDelayMs);
  }

  #end(): void {
    const { faults } = this.#context;
    this.#session.state = 'ended';
    if (faults.stop === 'finals_no_close') return;
    if (faults.stop === 'normal') {
      this.say({ type: 'end_recording', data: { recording_duration: this.#session.bytes / 32_000 } });
      this.say({ type: 'post_transcript', data: { full_transcript: '', languages: ['en'], utterances: [] } });
      if (this.#dropAt('before_close')) return;
      this.say({ type: 'post_final_transcript', data: { metadata: {}, transcription: {} } });
      this.say({ type: 'end_session' });
    }
    if (faults.deafAfterEnd) return this.drop('black_hole');
    this.#later(() => this.socket.close(1000), 20);
  }

  #dropAt(point: Parameters<Faults['take']>[0]): boolean {
    const how = this.#context.faults.take(point);
    if (how === undefined) return false;
    this.drop(how);
    return true;
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#session.state = 'ended';
      this.socket.close(4408, 'no audio');
    }, this.#context.idleMs);
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
