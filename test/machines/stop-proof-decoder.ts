/** The stop proof of the session. The ladder of ffmpeg takes longer than the last words. */
import { proveStop } from '../support/proof/prove-stop.ts';

proveStop('sessionOfSlowDecoder', 500);
