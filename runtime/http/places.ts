/** The places that viewers take, over whatever protocol: `MAX_VIEWERS` of them. */
export class Places {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#taken >= this.#max;
  }

  take(): void {
    this.#taken += 1;
  }

  /** Gives one back that was taken. */
  release(): void {
    this.#taken -= 1;
  }
}
