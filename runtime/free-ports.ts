/** Ports for the demo: the usual ones, or any free one where a usual one is taken. */
import { createServer } from 'node:net';
import { options } from './options.ts';

const PORT_OPTIONS = ['RTMP_PORT', 'HTTP_PORT', 'ADMIN_PORT'] as const;
const LOOPBACK = '127.0.0.1';

/** `0` (any free port) for each port option whose default is taken; nothing for the others. */
export async function freePorts(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const asked = PORT_OPTIONS.filter((name) => (env[name] ?? '') === '');
  const taken = await Promise.all(asked.map(async (name) => !(await isFree(Number(options[name].fallback)))));
  return Object.fromEntries(asked.filter((_, index) => taken[index]).map((name) => [name, '0']));
}

/** Can a server listen on this port of the loopback address now? */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, LOOPBACK, () => probe.close(() => resolve(true)));
  });
}
