/** The places that viewers take, over whatever protocol: so many in all (`MAX_VIEWERS`), so many of one address. */
import { addressGroup } from '../../actors/address-group.ts';
import type { OnLimit } from '../../actors/limit-names.ts';
import type { Door, Visitor } from './door.ts';

export interface PlacesOptions {
  /** `MAX_VIEWERS`. */
  max: number;
  /** `MAX_VIEWERS_PER_ADDRESS`. */
  maxPerAddress?: number | undefined;
  /** Does this address stand for many? Only the total counts for it. */
  isProxy?: (address: string) => boolean;
  /** Where its connection counted until it became a viewer. */
  door?: Door;
  onLimit?: OnLimit;
}

export class Places {
  readonly #options: PlacesOptions;
  /** Group of the address of each viewer. */
  readonly #taken = new Map<object, string>();
  readonly #perGroup = new Map<string, number>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** Is there no place for another viewer of this connection? */
  refuses({ remoteAddress = '' }: Visitor): boolean {
    const { max, maxPerAddress = Infinity, isProxy, onLimit } = this.#options;
    if (this.#taken.size >= max) {
      onLimit?.('viewers');
      return true;
    }
    const ofGroup = this.#perGroup.get(addressGroup(remoteAddress)) ?? 0;
    if (ofGroup < maxPerAddress || isProxy?.(remoteAddress) === true) return false;
    onLimit?.('viewers_per_address');
    return true;
  }

  /** `viewer` takes one; its connection is no visitor's any more. */
  take(viewer: object, connection: Visitor): void {
    const group = addressGroup(connection.remoteAddress ?? '');
    this.#taken.set(viewer, group);
    this.#perGroup.set(group, (this.#perGroup.get(group) ?? 0) + 1);
    this.#options.door?.attached(connection);
  }

  /** Gives the place of `viewer` back, if it has one. */
  release(viewer: object): void {
    const group = this.#taken.get(viewer);
    if (group === undefined) return;
    this.#taken.delete(viewer);
    const left = (this.#perGroup.get(group) ?? 1) - 1;
    if (left > 0) this.#perGroup.set(group, left);
    else this.#perGroup.delete(group);
  }
}
