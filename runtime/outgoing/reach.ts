/**
 * Which addresses a request of ours may go to, so that nobody makes the server speak to what only it can reach (SSRF).
 *
 * Pure: names are resolved elsewhere. Ranges are those that IANA lists as special-purpose (RFC 6890 and its registries);
 * IPv6 that carries an IPv4 address (mapped, NAT64, 6to4, Teredo) is looked at as, or refused like, what it carries.
 */
import { BlockList, isIP } from 'node:net';

/** Kinds of address. `never`: nobody may name it (link-local with the clouds' metadata, multicast, reserved). */
export type AddressKind = 'public' | 'private' | 'loopback' | 'never';

const ranges = {
  loopback: listOf('127.0.0.0/8', '::1/128'),
  private: listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'),
  never: listOf(
    ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15'],
    ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
    ...['::/128', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16'],
    ...['3fff::/20', '5f00::/16', 'fec0::/10', 'fe80::/10', 'ff00::/8'],
    // The metadata service of AWS lies in a range of private addresses.
    'fd00:ec2::254/128',
  ),
};

function listOf(...networks: string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** @param address An IP address as a resolver or `URL` writes it, without brackets; anything else is `never`. */
export function kindOf(address: string): AddressKind {
  const version = isIP(address);
  if (version === 0) return 'never';
  const family = version === 6 ? 'ipv6' : 'ipv4';
  if (ranges.loopback.check(address, family)) return 'loopback';
  if (ranges.never.check(address, family)) return 'never';
  return ranges.private.check(address, family) ? 'private' : 'public';
}

/** Whoever wrote an address: the operator may name a machine of their own network, others may not. */
export type Author = 'operator' | 'stranger';

/**
 * The kind that a host may have besides `public`; undefined: none. An operator's host counts as of their own network only
 * when it says so itself: an address, `localhost`, or a name that the public DNS cannot hold (without a dot, or below
 * `internal`, `local` or `home.arpa`). Any other name that leads there does so against their will.
 */
export function ownNetworkOf(host: string, author: Author): AddressKind | undefined {
  if (author === 'stranger') return undefined;
  if (isIP(host) !== 0) return kindOf(host);
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
  return !name.includes('.') || /\.(internal|local|home\.arpa)$/.test(name) ? 'private' : undefined;
}

/** May a request to `host`, written by `author`, go to `address`, which the host resolves to? */
export function mayReach(address: string, host: string, author: Author): boolean {
  const kind = kindOf(address);
  if (kind === 'never') return false;
  return kind === 'public' || kind === ownNetworkOf(host, author);
}
