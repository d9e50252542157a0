/** The stop proof of the session. The last words take longer than the ladder of ffmpeg. */
import { proveStop } from '../support/proof/prove-stop.ts';

proveStop('sessionOfSlowWords', 1_000);
