/**
 * Viewers that come back with their cursor whenever they are cut, over WebSocket and as an event stream. They know
 * nothing of the viewer client, which would forgive.
 */
import { get } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { RecordKeeper } from './record-keeper.ts';
import type { Told } from './record-keeper.ts';

export interface ViewerOptions {
  port: number;
  slug: string;
  epoch: number;
  /** Told to the server in a header, so that a proxy can tell viewers apart. */
  name: string;
  /** Before each new connection. */
  pauseMs: () => number;
  /** Without a byte for so long the connection is given up. */
  silenceMs: number;
}

/** The header that carries a viewer's name. */
export const NAME_HEADER = 'x-viewer';

export interface ChaosViewer {
  name: string;
  keeper: RecordKeeper;
  /** Reads nothing for a while. */
  freeze(durationMs: number): void;
  /** Goes without a goodbye. */
  leave(): void;
}

/** One connection. */
interface Link {
  cut(): void;
  pause(): void;
  resume(): void;
}

interface LinkEvents {
  heard: () => void;
  told: (message: Told) => void;
  closed: () => void;
}

type Dial = (options: ViewerOptions, cursor: string, events: LinkEvents) => Link;

export const webSocketViewer = (options: ViewerOptions): ChaosViewer => viewer(options, dialSocket);
export const eventStreamViewer = (options: ViewerOptions): ChaosViewer => viewer(options, dialStream);

function viewer(options: ViewerOptions, dial: Dial): ChaosViewer {
  const keeper = new RecordKeeper(options.epoch);
  let link: Link | undefined;
  let silence: NodeJS.Timeout | undefined;
  let rest: NodeJS.Timeout | undefined;
  let hasLeft = false;
  function attach(): void {
    let isOver = false;
    const heard = (): void => {
      clearTimeout(silence);
      if (!hasLeft && !isOver) silence = setTimeout(() => made.cut(), options.silenceMs);
    };
    // What a connection that was given up still had in its buffers is nothing that a client would take.
    const told = (message: Told): void => {
      if (!isOver) keeper.take(message);
    };
    const closed = (): void => {
      isOver = true;
      clearTimeout(silence);
      if (!hasLeft && !keeper.isEnded) rest = setTimeout(attach, options.pauseMs());
    };
    const made = dial(options, keeper.cursor, { heard, told, closed });
    link = made;
    heard();
  }
  const leave = (): void => {
    hasLeft = true;
    clearTimeout(silence);
    clearTimeout(rest);
    link?.cut();
  };
  const freeze = (durationMs: number): void => {
    const frozen = link;
    frozen?.pause();
    setTimeout(() => frozen?.resume(), durationMs);
  };
  attach();
  void keeper.ended.then(() => keeper.isSuperseded && leave());
  return { name: options.name, keeper, freeze, leave };
}

function dialSocket({ port, slug, name }: ViewerOptions, cursor: string, { heard, told, closed }: LinkEvents): Link {
  const url = `ws://127.0.0.1:${port}/sessions/${slug}/live?after=${cursor}`;
  const socket = new WebSocket(url, ['captiond.v2'], { headers: { [NAME_HEADER]: name }, perMessageDeflate: false });
  socket.on('error', () => {});
  socket.on('ping', heard);
  socket.on('message', (data: Buffer) => {
    heard();
    told(JSON.parse(data.toString()) as Told);
  });
  socket.once('close', closed);
  const whenOpen = (work: () => void) => (): void => {
    if (socket.readyState === WebSocket.OPEN) work();
  };
  return {
    cut: () => socket.terminate(),
    pause: whenOpen(() => socket.pause()),
    resume: whenOpen(() => socket.resume()),
  };
}

function dialStream({ port, slug, name }: ViewerOptions, cursor: string, { heard, told, closed }: LinkEvents): Link {
  const path = `/sessions/${slug}/events`;
  const headers = { [NAME_HEADER]: name, 'last-event-id': cursor };
  let answer: IncomingMessage | undefined;
  const request: ClientRequest = get({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
    answer = response;
    response.on('error', () => {});
    response.on('data', heard);
    if (response.statusCode === 200) readEvents(response, told);
    else response.resume();
  });
  request.on('error', () => {});
  request.once('close', closed);
  return {
    cut: () => void request.destroy(),
    pause: () => void answer?.pause(),
    resume: () => void answer?.resume(),
  };
}

/** Whole events of a stream (WHATWG HTML, section 9.2), their data as JSON. */
function readEvents(response: IncomingMessage, told: (message: Told) => void): void {
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = event.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) told(JSON.parse(data.slice(6)) as Told);
    }
  });
}
