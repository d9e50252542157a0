/** Can sessions be taken now? `reason` is a code of the error table when there is one for it. */
export interface Readiness {
  ready: boolean;
  reason?: string;
}
