/** What the routes show, and what they may do. */
import type { OnLimit } from '../../actors/limit-names.ts';
import type { Log } from '../../actors/ports.ts';
import type { Expiries } from '../access/expiry.ts';
import type { Access } from '../access/port.ts';
import type { SessionControl, SessionDirectory } from '../directory.ts';
import type { Pages } from '../pages.ts';
import type { Places } from './places.ts';
import type { Readiness } from './readiness.ts';

export interface Shown {
  directory: SessionDirectory;
  pages: Pages;
  readiness: () => Readiness;
  places: Places;
  access: Access;
  /** Ends what a token allowed until a moment. */
  expiries: Expiries;
  control: SessionControl;
  onLimit?: OnLimit | undefined;
  log: Log;
}
