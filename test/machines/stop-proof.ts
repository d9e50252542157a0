/**
 * From every state that a chart can reach, a stop ends in time and leaves nothing. The session's charts, which take
 * longest, stand in files of their own beside this one.
 */
import { proveStop } from '../support/proof/prove-stop.ts';

proveStop('process', 30);
proveStop('engine', 30);
proveStop('viewers', 4);
proveStop('aiLease', 40);
proveStop('server', 5);
proveStop('insights', 20);
proveStop('webhooks', 10);
proveStop('gladia', 50);
