/** The stop proof of the session. A publisher that is connected and sends no audio. */
import { proveStop } from '../support/proof/prove-stop.ts';

proveStop('sessionOfPauses', 300);
