/**
 * A caller that does not listen: under the newest fence that it was given it renews and delivers for ever, whatever it is told
 * afterwards. `node lease-holder-child.ts URL NAME`; tells its parent `{held}`, `{taken}` and `{refused}`.
 */
const [url = '', name = ''] = process.argv.slice(2);
const EVERY_MS = 300;

interface Heard {
  type: string;
  state?: string;
  fence?: number;
  code?: string;
}

let fence: number | undefined;
const socket = new WebSocket(url, 'captiond.v2');
const say = (message: object): void => socket.send(JSON.stringify(message));

function work(): void {
  say({ type: 'ai_renew', fence });
  say({ type: 'ai_insight', fence, upToOffset: 0, data: name });
}

function heard({ type, state, code, ...message }: Heard): void {
  if (type === 'error') process.send?.({ refused: code });
  if (type !== 'ai_lease') return;
  if (state === 'taken') process.send?.({ taken: message.fence });
  if (state !== 'held' || message.fence === fence) return;
  if (fence === undefined) setInterval(work, EVERY_MS);
  fence = message.fence;
  process.send?.({ held: fence });
}

socket.addEventListener('open', () => say({ type: 'ai_acquire' }));
socket.addEventListener('message', ({ data }) => heard(JSON.parse(String(data)) as Heard));
