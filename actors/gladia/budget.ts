/** Sound that may be sent to Gladia. */
export interface CloudBudget {
  /** Is nothing left? A session that runs is finished in order, another one is not begun. */
  readonly isSpent: boolean;
  /** So many bytes of PCM were sent. */
  sent(bytes: number): void;
  /** A session was not begun, or is finished, because of it. */
  refused(): void;
}

/** No bound. */
export const endlessBudget: CloudBudget = { isSpent: false, sent: () => {}, refused: () => {} };
