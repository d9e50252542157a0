/** Peers that are measured where they are installed, and never required. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const NGINX = '/usr/sbin/nginx';
const NCHAN = '/usr/lib/nginx/modules/ngx_nchan_module.so';

/** Socket.IO from this project or from `folder`. @throws Error when it is in neither */
export function loadSocketIo(folder: string): unknown {
  return required(folder)('socket.io');
}

/** Its version; undefined when it is not installed. */
export function socketIoVersion(folder: string): string | undefined {
  try {
    return (required(folder)('socket.io/package.json') as { version: string }).version;
  } catch {
    return undefined;
  }
}

function required(folder: string): NodeJS.Require {
  const own = createRequire(import.meta.url);
  try {
    own.resolve('socket.io');
    return own;
  } catch {
    return createRequire(join(folder, 'package.json'));
  }
}

export interface NchanFiles {
  nginx: string;
  module: string;
}

/** nginx with the module nchan, of Debian's package or unpacked into `folder`; undefined when it is not there. */
export function findNchan(folder: string): NchanFiles | undefined {
  for (const root of ['', folder]) {
    const files = { nginx: join(root, NGINX), module: join(root, NCHAN) };
    if (existsSync(files.nginx) && existsSync(files.module)) return files;
  }
  return undefined;
}
