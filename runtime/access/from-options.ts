/** Access as the options say. */
import type { Log } from '../../actors/ports.ts';
import type { Config } from '../config.ts';
import { createAccess } from './decide.ts';
import { createHook } from './hook.ts';
import type { Access } from './port.ts';
import { Tokens } from './tokens.ts';

export function accessOf({ authSecret, authHookUrl }: Pick<Config, 'authSecret' | 'authHookUrl'>, log: Log): Access {
  const tokens = authSecret === undefined ? undefined : new Tokens(authSecret);
  const hook = authHookUrl === undefined ? undefined : createHook({ url: authHookUrl, log });
  return createAccess({ tokens, hook });
}
