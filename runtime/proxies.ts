/** Proxies in front of the server (`TRUSTED_PROXIES`): one address of theirs stands for many clients. */
import { BlockList, isIP } from 'node:net';

/** Tells whether an address is one of these: addresses, or networks such as `10.0.0.0/8`. */
export function proxiesOf(trusted: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const each of trusted) {
    const { address, prefix, family } = parseNetwork(each) ?? {};
    if (address !== undefined && family !== undefined) list.addSubnet(address, prefix ?? 0, family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
}

/** An address with the length of its network's part; undefined when it is neither. */
export function parseNetwork(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', length] = text.split('/');
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? longest : Number(length);
  return prefix > longest ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}
