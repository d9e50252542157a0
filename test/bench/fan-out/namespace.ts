/**
 * A network of its own in which sockets have small send buffers. With the usual ones the kernel takes megabytes for each
 * viewer that does not read, and no server sees anything of it for minutes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const SEND_BUFFERS = '4096 16384 65536';
const SCRIPT = `ip link set lo up && echo ${SEND_BUFFERS} > /proc/sys/net/ipv4/tcp_wmem && echo up && exec sleep 3600`;

export interface Network extends AsyncDisposable {
  /** Goes before a command to run it in there. */
  enter: readonly string[];
}

/** Undefined where such a network cannot be made: it takes Linux, root, `unshare`, `nsenter` and `ip`. */
export async function openNetwork(): Promise<Network | undefined> {
  const child = spawn('unshare', ['-n', 'sh', '-c', SCRIPT], { stdio: ['ignore', 'pipe', 'ignore'] });
  const { pid } = child;
  const failed = once(child, 'exit').catch(() => []);
  const isUp = await Promise.race([once(child.stdout, 'data').then(() => true), failed.then(() => false)]);
  if (!isUp || pid === undefined) return undefined;
  return {
    enter: ['nsenter', '-t', String(pid), '-n', '--'],
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await failed;
    },
  };
}
