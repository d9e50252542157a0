/**
 * A viewer that comes back with its cursor whenever it is cut, and an oracle: whatever record comes that is not the next
 * one is a fault. It knows nothing of the viewer client, which would forgive.
 */
import { WebSocket } from 'ws';

export interface ResumingViewer {
  epoch: number | undefined;
  /** Newest record. */
  offset: number;
  /** What each record said: its text, or its type. */
  texts: string[];
  connections: number;
  faults: string[];
  /** Told of each record that comes. */
  onRecord?: (offset: number) => void;
  /** Resolves with `session_end`. */
  ended: Promise<void>;
  leave(): void;
}

interface Told {
  type: string;
  epoch?: number;
  offset?: number;
  resumed?: boolean;
  text?: string;
}

/**
 * @param pauseMs Before each new connection.
 * @param from Where it was before; else it begins with the whole run.
 */
export function resumingViewer(
  url: string,
  pauseMs: () => number,
  from: { epoch: number | undefined; offset: number } = { epoch: undefined, offset: 0 },
): ResumingViewer {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let hasLeft = false;
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  const viewer: ResumingViewer = {
    ...from,
    texts: [],
    connections: 0,
    faults: [],
    ended,
    leave: () => {
      hasLeft = true;
      clearTimeout(timer);
      socket?.terminate();
    },
  };
  const attach = (): void => {
    if (hasLeft) return;
    const after = viewer.epoch === undefined ? '0' : `${viewer.epoch}:${viewer.offset}`;
    socket = new WebSocket(`${url}?after=${after}`, ['captiond.v2']);
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => take(viewer, JSON.parse(data.toString()) as Told, end));
    socket.on('close', () => {
      if (!hasLeft) timer = setTimeout(attach, pauseMs());
    });
  };
  void ended.then(() => (hasLeft = true));
  attach();
  return viewer;
}

function take(viewer: ResumingViewer, told: Told, end: () => void): void {
  const { type, epoch, offset, resumed, text } = told;
  if (type === 'session') {
    viewer.connections += 1;
    if (resumed !== true) viewer.faults.push(`not resumed at ${viewer.offset}`);
    else if (viewer.epoch !== undefined && epoch !== viewer.epoch) viewer.faults.push('resumed in another run');
    viewer.epoch = epoch;
    return;
  }
  if (offset === undefined) return;
  if (offset !== viewer.offset + 1) viewer.faults.push(`${offset} after ${viewer.offset}`);
  viewer.offset = offset;
  viewer.texts.push(text ?? type);
  viewer.onRecord?.(offset);
  if (type === 'session_end') end();
}
