/**
 * The data plane between a session's audio and Gladia: what is sent, what Gladia has, what it has said of it.
 *
 * Audio counts as transcribed when it is said, not when it is received: after a drop everything since the last final is
 * sent again, and what is still said of the first copy is not listened to. The chart decides about connections.
 */
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../ports.ts';
import { AwaitedAudio } from './awaited-audio.ts';
import { BUFFERED_MAX_BYTES, IN_FLIGHT_MAX_SAMPLES, PADDING_SAMPLES } from './limits.ts';
import type { GladiaConnection, GladiaLinkOptions, LinkNews } from './link-port.ts';
import type { GladiaMessage, GladiaUtterance } from './messages.ts';
import { OpenUtterances } from './open-utterances.ts';
import { PROBE_SAMPLES, SentAudio } from './sent-audio.ts';
import { Speech } from './speech.ts';
import { Transcripts } from './transcripts.ts';

type Message<Type extends GladiaMessage['type']> = Extract<GladiaMessage, { type: Type }>;

const silence = (samples: number): Buffer => Buffer.alloc(samples * BYTES_PER_SAMPLE);

export class GladiaLink {
  readonly #options: GladiaLinkOptions;
  readonly #utterances: OpenUtterances;
  /** End of the newest final of each channel. */
  readonly #saidUntil = new Map<number, number>();
  #sent = new SentAudio();
  #speech = new Speech();
  #transcripts: Transcripts;
  #connection: GladiaConnection | undefined;
  #onNews: (news: LinkNews) => void = () => {};
  readonly #awaited: AwaitedAudio;
  #phase: 'away' | 'probing' | 'streaming' | 'stopping' = 'away';
  /** Another engine has the audio. */
  #isHeld = false;
  /** Where the next session begins; this one is not listened to from there on. */
  #cutSample = Infinity;
  /** Gladia takes no audio of this session any more. */
  #isStopped = false;
  #names = 0;
  /** To be sent next, on the session's clock. */
  #nextSample = 0;

  constructor(options: GladiaLinkOptions) {
    this.#options = options;
    this.#utterances = new OpenUtterances(options.sink);
    this.#transcripts = this.#newTranscripts();
    this.#awaited = new AwaitedAudio(options.source);
    options.source.subscribe(() => {
      this.#awaited.look(this.#nextSample);
      this.#pump();
    });
  }

  /** Sent and not acknowledged, in milliseconds. */
  get unackedMs(): number {
    return (this.#sent.inFlight / SAMPLE_RATE_HZ) * 1000;
  }

  /** Calls `onAudio` once: as soon as there is audio to be said, or when all has been said and none will follow. */
  awaitAudio(onAudio: (what: 'waiting' | 'over') => void): void {
    this.#awaited.await(onAudio, this.#nextSample);
  }

  /** A new session at Gladia: its clock begins at 0, with what has not been said yet. */
  begin(): void {
    this.#utterances.withdraw();
    this.#isStopped = false;
    this.#cutSample = Infinity;
    this.#sent = new SentAudio();
    this.#speech = new Speech();
    this.#transcripts = this.#newTranscripts();
    this.#nextSample = this.#options.source.ackedSample;
  }

  /** A socket is open. `onNews` is told what follows from it. */
  connect(connection: GladiaConnection, onNews: (news: LinkNews) => void): void {
    this.#connection = connection;
    this.#onNews = onNews;
    if (!this.#sent.canResume || this.#isStopped) return onNews('unusable');
    if (this.#sent.end > 0) {
      this.#phase = 'probing';
      return connection.send(silence(PROBE_SAMPLES));
    }
    this.#phase = 'streaming';
    onNews('ready');
    this.#pump();
  }

  /** The socket is gone. */
  disconnect(): void {
    this.#connection = undefined;
    this.#phase = 'away';
    this.#onNews = () => {};
  }

  /** No audio is sent from here on; what was sent is still listened to. */
  stopSending(): void {
    if (this.#phase === 'streaming') this.#phase = 'stopping';
  }

  /** The next session is to hear what is open from its beginning: this one is not listened to about it. */
  retire(): void {
    const began = this.#speech.beganBy(this.#nextSample, this.#utterances.open);
    this.#utterances.withdraw();
    this.#cutSample = Math.max(began, this.#options.source.ackedSample);
    this.#transcripts.ignoreFrom(this.#cutSample);
  }

  /** Another engine has the audio: nothing is sent, and nothing is listened to. */
  hold(): void {
    this.#utterances.withdraw();
    this.#isHeld = true;
  }

  /** The audio that was not said is Gladia's again. */
  release(): void {
    this.#isHeld = false;
    this.#replay();
    this.#pump();
  }

  /** Takes a message of Gladia's. Between drop and replay no speech: behind a word that was cut the probe is its end. */
  heard(message: GladiaMessage): void {
    const { log } = this.#options;
    if (message.type === 'ack') this.#acked(message);
    else if (message.type === 'ended') this.#onNews('ended');
    else if (message.type === 'nack' || message.type === 'error') log.warn('gladia: a complaint', { ...message });
    else if (message.type === 'unknown') log.debug('gladia: a message is ignored', { name: message.name });
    else if (message.type === 'stop_ack') this.#isStopped ||= message.accepted;
    else if (this.#isHeld) return;
    else if (message.type === 'translation') this.#transcripts.translate(message);
    else if (this.#phase === 'streaming' || this.#phase === 'stopping') this.#listen(message);
  }

  /** Finals of the result request, for those that a drop has cost. What it has cut is said again. */
  recover(utterances: readonly GladiaUtterance[], receivedSeconds?: number): void {
    if (this.#isHeld) return;
    for (const [index, each] of utterances.entries()) {
      if (!this.#isCut(each, receivedSeconds)) this.#said(this.#transcripts.take(`result-${index}`, true, each));
      else this.#cutSample = Math.min(this.#cutSample, this.#transcripts.captured(each.startSeconds));
    }
    this.#utterances.withdraw();
  }

  /** Gladia has said everything that it will: what is open is final as it was last heard, its audio is done with, acknowledged or not. */
  complete(said: 'everything' | 'what was received'): void {
    if (this.#isHeld) return;
    const { source } = this.#options;
    for (const heard of this.#utterances.open) this.#said(this.#transcripts.conclude(heard));
    const isAll = said === 'everything' || this.#sent.isAllReceived;
    const until = Math.min(this.#cutSample, isAll ? this.#nextSample : this.#sent.receivedSample);
    source.acknowledge(until);
    if (until < this.#nextSample) this.#nextSample = source.ackedSample;
  }

  /** Does it reach the end of what Gladia has, although more follows? */
  #isCut({ endSeconds }: GladiaUtterance, receivedSeconds?: number): boolean {
    const { ended, headSample } = this.#options.source;
    const isLast = ended && this.#nextSample >= headSample && this.#sent.isAllReceived;
    return !isLast && this.#sent.endsAt(endSeconds, receivedSeconds);
  }

  #newTranscripts(): Transcripts {
    const { language } = this.#options;
    const engineSession = this.#nextName();
    const place = { timeline: this.#sent.timeline, utterances: this.#utterances, engineSession, language };
    return new Transcripts(place, this.#saidUntil);
  }

  /** In the identity of utterances: a new one wherever Gladia may begin to count them again. */
  #nextName(): string {
    this.#names += 1;
    return `gladia-${this.#names}-${this.#options.slug}`;
  }

  #acked(bytes: Message<'ack'>): void {
    if (this.#phase === 'probing') return this.#probed(bytes);
    this.#sent.acked(bytes);
    this.#settle();
    this.#pump();
  }

  #probed(bytes: Message<'ack'>): void {
    const verdict = this.#sent.probed(bytes, this.#options.source.ackedSample);
    if (verdict === 'old') return;
    if (verdict === 'unusable') return this.#onNews('unusable');
    this.#phase = 'streaming';
    this.#replay();
    this.#onNews('ready');
    this.#pump();
  }

  /** Everything that has not been said is sent again, and said again. */
  #replay(): void {
    if (this.#connection === undefined || this.#phase !== 'streaming') return;
    const { ackedSample } = this.#options.source;
    this.#utterances.withdraw();
    this.#speech = new Speech();
    this.#sent.startAgain();
    if (this.#sent.end > 0) {
      // Gladia may say that a word began a little before it did: one at the very start of what is sent again.
      this.#transcripts.ignoreBefore(this.#sent.end + PADDING_SAMPLES / 2);
      this.#connection.send(silence(PADDING_SAMPLES));
      this.#sent.timeline.padding(ackedSample, PADDING_SAMPLES);
    }
    this.#transcripts.renumber(this.#nextName());
    this.#nextSample = ackedSample;
  }

  #pump(): void {
    const { source } = this.#options;
    const connection = this.#connection;
    if (connection === undefined || this.#phase !== 'streaming' || this.#isHeld) return;
    while (connection.bufferedBytes() < BUFFERED_MAX_BYTES && this.#sent.inFlight < IN_FLIGHT_MAX_SAMPLES) {
      const chunk = source.read(this.#nextSample);
      if (chunk === undefined) break;
      const samples = chunk.pcm.length / BYTES_PER_SAMPLE;
      connection.send(chunk.pcm);
      this.#sent.timeline.audio(chunk.startSample, samples);
      this.#nextSample = chunk.startSample + samples;
    }
    if (source.ended && source.read(this.#nextSample) === undefined) this.#onNews('drained');
  }

  #listen(message: Message<'speech_start' | 'speech_end' | 'transcript'>): void {
    if (message.type === 'transcript') return this.#transcript(message);
    if (!this.#transcripts.counts(message.seconds)) return;
    const at = this.#transcripts.captured(message.seconds);
    if (message.type === 'speech_start') this.#speech.began(at);
    else this.#speech.ended(at);
  }

  #transcript({ id, isFinal, utterance }: Message<'transcript'>): void {
    this.#said(this.#transcripts.take(id, isFinal, utterance));
    this.#settle();
  }

  #said(until = 0): void {
    this.#speech.said(until);
    this.#options.source.acknowledge(until);
  }

  /** Tells the ledger what is done: everything before what is open, and what has been quiet for long enough. */
  #settle(): void {
    if (this.#isHeld) return;
    const quiet = this.#sent.quietSample(this.#options.nowMs());
    for (const stale of this.#speech.stale(quiet, this.#utterances.open)) this.#said(this.#transcripts.conclude(stale));
    this.#options.source.acknowledge(this.#speech.doneUntil(quiet, this.#utterances.open));
  }
}
