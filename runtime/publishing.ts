/** The RTMP listener with everything that decides about a publisher: limits, budgets, tokens, admission. */
import type { Socket } from 'node:net';
import type { OnLimit } from '../actors/limit-names.ts';
import { createRtmpListener } from '../actors/rtmp/listener.ts';
import type { RtmpListener } from '../actors/rtmp/listener.ts';
import type { Log } from '../actors/ports.ts';
import type { Access } from './access/port.ts';
import { createAdmission } from './admission.ts';
import type { AdmissionOptions } from './admission.ts';
import { keyBudgets } from './budgets/key-budgets.ts';
import type { Certificates } from './certificates.ts';
import type { Config } from './config.ts';
import { proxiesOf } from './proxies.ts';

export interface PublishingOptions extends Pick<AdmissionOptions, 'registry' | 'phase' | 'started'> {
  config: Config;
  access: Access;
  /** With these it speaks RTMPS alone. */
  certificates: Certificates | undefined;
  /** Counts a connection in; false when the process has no room for it. */
  admits: (socket: Socket) => boolean;
  onLimit: OnLimit;
  log: Log;
}

/** Listens; rejects with what made that fail (`EADDRINUSE` and its like). */
export function listenForPublishers(options: PublishingOptions): Promise<RtmpListener> {
  const { config, registry, phase, started, access, certificates, admits, onLimit, log } = options;
  return createRtmpListener({
    host: config.rtmpHost,
    port: config.rtmpPort,
    authorise: createAdmission({
      registry,
      maxSessions: config.maxSessions,
      takeover: config.publisherTakeover,
      phase,
      started,
      access,
      budgets: keyBudgets(config, onLimit),
      log,
    }),
    ...(certificates && { secureContext: () => certificates.context }),
    admits,
    isProxy: proxiesOf(config.trustedProxies),
    onLimit,
    log,
  });
}
